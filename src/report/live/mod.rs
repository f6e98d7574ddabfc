//! A run while it is running: every event goes to `events.jsonl`, to programs as JSON lines, and to
//! the person who waits: as lines, and on a terminal as a small block under them.
//!
//! `state` folds events, and with it `faults`, `partitions` and `cells`, which also say how they
//! are shown; `view` puts the block together for a given width and height. All of that is pure.
//! `bars` has indicatif make bars and spinners, `terminal` draws, `listen` is the thread.

mod bars;
mod cells;
mod faults;
mod flicker;
mod listen;
mod partitions;
mod state;
mod terminal;
mod view;

pub(crate) use bars::Series;
pub use listen::{Detail, Live, Show};
