//! Real Kafka brokers as JVM processes in private user, PID and network namespaces: no root, no
//! Docker, no fixed ports. The kernel removes everything when the tool dies.

mod advice;
mod broker;
mod class_archive;
mod cluster;
mod forward;
mod host;
mod init;
mod link;
mod namespace;
mod namespace_members;
mod process;
mod provider;
pub(crate) mod scratch;
mod spawner;
mod spec;
mod topology;
mod user_namespace;

pub use broker::is_reserved_property;
pub use cluster::LocalCluster;
pub use forward::Forwarder;
pub use host::{Host, HostOptions, Isolation, NO_USER_NAMESPACE};
pub(super) use process::{is_alive, tail};
pub use provider::{LocalProvider, NodeOptions, Serve};
pub(super) use spawner::Spawner;
pub use spec::ClusterSpec;
