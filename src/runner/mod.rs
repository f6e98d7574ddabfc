//! One run, or several on one cluster: phases, timeline, healing, shutdown. [`run()`] is the whole
//! way; each phase has a file.

mod bus;
mod clients;
mod cluster_pool;
mod ends;
mod environment;
mod faults;
mod folder;
mod known;
mod latency;
mod load;
mod monitor;
mod observations;
mod phases;
mod readback;
mod recovery;
mod rehearsal;
mod run;
mod scene;
mod series;
mod serve;
mod settle;
mod setup;
mod warm_up;
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
