//! What people and scripts see: one file per format, each made from the
//! [`Report`](crate::result::Report) alone, and the live view, made from events.

mod annotations;
mod client_errors;
mod ending;
pub(crate) mod environment;
mod failure;
mod findings;
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
mod paint;
mod prose;
mod rate;
mod sort;
mod summary;
mod table;
#[cfg(test)]
mod tests;
mod wrap;

pub use annotations::annotations;
pub(crate) use ending::{Ending, write_end};
pub use format::{Format, write, write_files};
pub use json_lines::Finished;
pub(crate) use json_lines::JsonLines;
pub use lines::in_a_line;
pub(crate) use lines::{INTERRUPTED, printable};
pub(crate) use live::Series;
pub use live::{Detail, Live, Show};
pub use paint::Paint;
pub use sort::Sort;
pub(crate) use sort::{sort_columns, sort_help};
pub(crate) use wrap::{COLUMNS, COLUMNS_MIN, tell, wrapped, write_wrapped};
