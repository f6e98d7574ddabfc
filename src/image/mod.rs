//! Builds an image without a registry: `compose/image`, compiled in, goes to the daemon together
//! with Kafka's checked jars and a Java runtime of this machine.
//!
//! [`build()`] is the entry point. A label on the image identifies what it was made from; if nothing
//! changed, nothing is built.

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
