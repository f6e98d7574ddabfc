//! Statistics over trials: shares with their intervals, medians, and tests that tell two sets of
//! trials apart. Pure functions.

mod fisher;
mod holm;
mod rank;
mod share;
mod spread;

pub(crate) use fisher::{Hits, fisher_fewer, fisher_more};
pub(crate) use holm::{Chance, Family, Ruling, family};
pub(crate) use rank::{Ranking, Shift, full_split, trials_needed};
pub(crate) use share::Share;
pub(crate) use spread::Spread;
