//! The tool's side of one worker process: [`Worker`] starts it, gives it its words, and tells a
//! death that a fault caused from one that nobody expected.

mod error;
mod lines;
mod worker;

pub(crate) use error::WorkerError;
pub(crate) use worker::Ending;
pub use worker::Worker;
