//! The role of a producer: [`run()`] sends, [`Summary`] tells what came of it.

mod delivery;
mod flush;
mod outcome;
mod pacing;
mod run;
mod sender;
mod summary;
#[cfg(test)]
mod tests;

pub(crate) use run::run;
pub use summary::{Ended, Summary};
