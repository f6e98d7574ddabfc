//! Compose files: the subset of the specification that a Kafka cluster needs.
//!
//! [`read`] turns text and variables into a [`Compose`], with every mistake at its line and column;
//! [`kafka()`] finds its Kafka nodes and how to reach them, a [`KafkaCluster`]. Nothing here talks to
//! Docker, and only the compose file and files that it names are read.

mod builtin;
mod checks;
mod cluster;
mod effective;
mod environment;
mod file;
mod flavour;
mod host_listener;
mod interpolate;
mod kafka;
mod keys;
mod listeners;
mod mounts;
mod networks;
mod ports;
mod read;
mod service;
mod started;
mod types;
mod words;

pub use builtin::builtin;
pub(crate) use builtin::builtin_name;
pub use cluster::KafkaCluster;
pub(crate) use file::{process_environment, read_file};
pub use kafka::kafka;
#[cfg(test)]
pub(crate) use read::read;
pub use types::*;

/// Looks up the value of `${NAME}`.
pub(crate) type Variables<'v> = &'v dyn Fn(&str) -> Option<String>;

#[cfg(test)]
mod tests;
