//! Which Kafka: versions, jars with their SHA-256 sums, Java, the cache.
//!
//! [`Distribution::locate`] is the entry point. It takes the jars of a known version from Maven, or
//! those of an unpacked release, finds a Java that can run them, and caches what is costly to make:
//! the checked jars, the storage template that `StorageTool` writes, and the class-data archive
//! that halves a broker's start.

mod archive;
mod cache;
mod command;
mod error;
mod home;
mod java;
mod known;
mod locate;
mod lock;
mod logging;
mod maven;
mod stamp;
mod template;

pub use archive::{Archive, ArchiveError};
pub(crate) use command::Launcher;
pub use error::DistributionError;
pub use known::known_versions;
pub(crate) use known::{KNOWN_VERSIONS, is_known};
pub use locate::{Distribution, Request, Surroundings};
pub use lock::LockError;
pub use template::StorageTemplate;
