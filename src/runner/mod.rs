//! One run, or several on one cluster: phases, timeline, healing, shutdown. [`run`] is the whole way; each phase has a file.

mod bus;
mod docker;
mod ends;
mod environment;
mod folder;
mod ground;
mod interrupt;
mod latency;
mod launch;
mod load;
mod local;
mod monitor;
mod phases;
mod readback;
mod rehearsal;
mod run;
mod series;
mod settle;
mod setup;
mod train;
mod watched;

pub use bus::Bus;
pub use docker::{DockerOptions, DockerRuntime, KAFKA_IMAGE};
pub use folder::RunFolder;
pub use ground::Ground;
pub use interrupt::Interrupt;
pub use launch::{Order, Runtime};
pub use local::{LocalRuntime, NodeOptions, cluster_spec, obtain};
pub use phases::Phases;
pub use rehearsal::{Step, rehearse};
pub use run::{Request, run};
pub use series::{Repeats, Trial, series};
pub use setup::wait_until_ready;
