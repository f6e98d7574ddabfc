//! What people and scripts get to see: one file per format, each made of the
//! [`Report`](crate::result::Report) alone, and the live view, made of events.

mod advice;
mod annotations;
mod client_errors;
mod ending;
mod format;
mod gfm;
mod grid;
mod headline;
mod html;
mod json;
mod json_lines;
mod junit;
mod layout;
mod lines;
mod live;
mod markdown;
#[cfg(test)]
mod matrix_tests;
mod paint;
mod prose;
mod rate;
mod sort;
mod table;
#[cfg(test)]
mod tests;
mod told;
mod unmet;
mod wrap;

pub use annotations::annotations;
pub use ending::{Ending, write_end};
pub use format::{Format, write, write_files};
pub use json_lines::{Finished, JsonLines};
pub use lines::{INTERRUPTED, in_a_line, printable};
pub use live::{Detail, Live, Show};
pub use paint::Paint;
pub use sort::{Sort, sort_columns, sort_help};
pub use wrap::{COLUMNS, COLUMNS_MIN, wrapped, write_wrapped};
