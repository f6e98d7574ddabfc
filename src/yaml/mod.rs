//! YAML with places, for scenarios and compose files.
//!
//! A text becomes a tree of [`Node`]s that know their places. A [`Reader`] turns them into maps,
//! lists and words, and collects every problem as a [`Diagnostic`] with line, column and help.

mod broken;
mod diagnostic;
mod node;
mod parse;
mod place;
mod reader;
pub(crate) mod suggest;

pub(crate) use diagnostic::{Diagnostic, Diagnostics};
pub(crate) use node::{Entry, Kind, Node};
pub(crate) use parse::MOST_BYTES;
pub(crate) use place::{Argument, At, Place, Source};
pub(crate) use reader::{Foreign, Reader};
