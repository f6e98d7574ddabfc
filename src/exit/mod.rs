//! How the tool ends: exit codes, and the signals that ask for it.

mod interrupt;
mod status;

pub use interrupt::Interrupt;
pub use status::Exit;
