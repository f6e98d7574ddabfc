//! YAML with places: what scenarios and compose files are read with.
//!
//! A text becomes a tree of [`Node`]s that know their places. A [`Reader`] turns them into maps,
//! lists and words, and collects every problem as a [`Diagnostic`] with line, column and what to do.

mod broken;
mod diagnostic;
mod node;
mod parse;
mod place;
mod reader;
pub mod suggest;

pub use broken::Broken;
pub use diagnostic::{Diagnostic, Diagnostics};
pub use node::{Entry, Kind, Node};
pub use parse::MOST_BYTES;
pub use place::{Argument, At, Place, Source};
pub use reader::{Foreign, Reader};
