//! The image for machines without a registry: `compose/image`, compiled in, sent to the daemon
//! together with Kafka's checked jars and a Java runtime of this machine.
//!
//! [`build()`] is the way in. An image says by a label what it was made from; when nothing of that
//! changed, nothing is done.

mod build;
mod context;
mod layout;
mod recipe;
mod reference;
mod supervised;
mod tools;

pub(crate) use build::{Built, Order, Watch, build};
pub use recipe::{RECIPE_LABEL, VERSION_LABEL};
pub(crate) use reference::parse_reference;
