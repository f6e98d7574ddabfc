//! One run, or several on one cluster: phases, timeline, healing, shutdown. [`run()`] is the whole way; each phase has a file.

mod bus;
mod ends;
mod environment;
mod folder;
mod ground;
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
pub use folder::RunFolder;
pub(crate) use ground::Ground;
pub(crate) use phases::Phases;
pub(crate) use rehearsal::{Step, rehearse};
pub(crate) use run::{Request, run};
pub(crate) use series::{Repeats, Trial, series};
pub(crate) use serve::serve_a_topic;
pub use setup::wait_until_ready;
