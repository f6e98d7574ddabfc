//! Statistics over trials: shares with their intervals, medians, and the tests by which two sets
//! of trials are told apart. Pure functions.

mod fisher;
mod holm;
mod rank;
mod share;
mod spread;

pub use fisher::{Hits, fisher_fewer, fisher_more};
pub use holm::{Chance, Family, Ruling, family};
pub use rank::{RANKED_MAX, Ranking, Shift, full_split, trials_needed};
pub use share::Share;
pub use spread::Spread;
