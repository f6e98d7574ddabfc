//! The live view in a real pseudo-terminal, fed with a run's events.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod pty;
mod story;
mod view;
