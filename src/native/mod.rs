//! The only calls into librdkafka that the rdkafka crate does not offer. Each is a thin and safe
//! door.

mod delivery_report;
mod log_queue;
mod topic;
mod topic_producer;
#[cfg(not(librdkafka_spins))]
mod wakeup;

pub use delivery_report::{Persistence, Report, error_name, report};
pub use log_queue::{Fetched, LogQueue, Record};
pub use topic_producer::TopicProducer;
