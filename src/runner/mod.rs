//! One run, or several on one cluster: phases, timeline, healing, shutdown. [`run()`] is the whole way; each phase has a file.

mod bus;
mod cluster_pool;
mod ends;
mod environment;
mod folder;
mod latency;
mod load;
mod monitor;
mod phases;
mod readback;
mod rehearsal;
mod run;
mod series;
mod serve;
mod settle;
mod setup;
mod watched;

pub(crate) use bus::Bus;
pub(crate) use cluster_pool::ClusterPool;
pub use folder::RunFolder;
pub(crate) use phases::Phases;
pub(crate) use rehearsal::{Step, rehearse};
pub(crate) use run::{Request, run};
pub(crate) use series::{Repeats, Trial, series};
pub(crate) use serve::serve_a_topic;
pub use setup::wait_until_ready;
