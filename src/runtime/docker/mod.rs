//! The Kafka nodes of a compose file as containers of a Docker daemon on this machine.

mod cluster;
mod create;
mod engine;
mod filter;
mod freezer;
pub mod heal;
mod helper;
mod helper_program;
mod image;
mod labels;
mod leftover;
mod logs;
mod node;
mod port_owner;
mod ports;
mod process_state;
mod provider;
mod spec;
mod start;
mod subnet;
mod sweep;

pub use cluster::DockerCluster;
pub use engine::{Engine, Threads, host, is_installed, reason};
pub use filter::drop_sites;
pub use helper::{HelperSpec, Place};
pub use image::{Obtainable, Pull, is_obtainable, resolve};
pub use provider::{DockerOptions, DockerProvider, KAFKA_IMAGE};
pub use spec::DockerSpec;
