//! Calls into librdkafka that the rdkafka crate does not offer, each behind a thin safe wrapper.

mod delivery_report;
mod log_queue;
mod topic;
mod topic_producer;
#[cfg(not(librdkafka_spins))]
mod wakeup;

pub use delivery_report::Persistence;
pub(crate) use delivery_report::{error_name, report};
pub(crate) use log_queue::{Fetched, LogQueue, Record};
pub(crate) use topic_producer::TopicProducer;
