//! One run: phases, timeline, healing, shutdown. [`run`] is the whole way; each phase has a file.

mod bus;
mod folder;
mod interrupt;
mod load;
mod phases;
mod readback;
mod run;
mod settle;
mod setup;
mod train;

pub use bus::Bus;
pub use folder::RunFolder;
pub use interrupt::Interrupt;
pub use phases::{Phase, Phases};
pub use run::{Request, Stop, latency_phase, run};
pub use setup::{NodeOptions, cluster_spec, obtain, start_cluster};
