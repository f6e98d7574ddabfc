//! [`StorageTemplate`]: what `StorageTool format` writes into an empty log folder, made once per
//! Kafka version and copied to each node, which saves a JVM start.
//!
//! Kafka 3.8 and 4.1 write `bootstrap.checkpoint` into every node's folder. Kafka 4.4 writes the
//! same records as snapshot 0-0 of `__cluster_metadata-0`, on controllers only. Without them a 4.x
//! cluster runs with every feature but metadata.version off.

use super::command::{self, Launcher};
use super::error::DistributionError;
use super::java::{Java, NO_TRACES};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const FORMAT_LIMIT: Duration = Duration::from_secs(120);
/// Specific to each node: its id and the cluster's. Never part of the template.
const META_PROPERTIES: &str = "meta.properties";
/// Only controllers write it.
const METADATA_LOG: &str = "__cluster_metadata-0";
/// Arbitrary: only `meta.properties` contains it.
const CLUSTER_ID: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// The files of a formatted log folder, without `meta.properties`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageTemplate {
    folder: PathBuf,
    files: Vec<PathBuf>,
}

impl StorageTemplate {
    /// Opens a template that exists.
    pub fn open(folder: &Path) -> io::Result<StorageTemplate> {
        let mut files = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                for inner in fs::read_dir(&path)? {
                    files.push(inner?.path());
                }
            } else {
                files.push(path);
            }
        }
        files.sort();
        let relative = |path: &PathBuf| path.strip_prefix(folder).map(Path::to_path_buf);
        let files =
            files.iter().map(relative).collect::<Result<_, _>>().map_err(io::Error::other)?;
        Ok(StorageTemplate { folder: folder.to_owned(), files })
    }

    /// Paths relative to a log folder.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Copies the files into a node's empty log folder, which must exist. `controller`: whether the
    /// node is one (combined nodes are). `meta.properties` is left to the caller.
    pub fn copy_to(&self, log_dir: &Path, controller: bool) -> io::Result<()> {
        for file in self.files.iter().filter(|file| controller || !file.starts_with(METADATA_LOG)) {
            let to = log_dir.join(file);
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::copy(self.folder.join(file), &to)?;
        }
        Ok(())
    }
}

/// Formats an empty folder under `work` with Kafka's own tool and keeps the result in `folder`.
pub(super) fn make(
    launcher: &Launcher,
    version: &str,
    java: &Java,
    jvm_args: &[String],
    work: &Path,
    folder: &Path,
) -> Result<(), DistributionError> {
    let failed = |what: &str| {
        let what = format!("cannot {what} in {}", work.display());
        move |source| DistributionError::io(what, source)
    };
    let (log_dir, properties) = (work.join("formatted"), work.join("format.properties"));
    fs::write(&properties, node_properties(&log_dir)).map_err(failed("write"))?;
    let mut command = Command::new(&java.path);
    command
        .arg(NO_TRACES)
        .args(jvm_args)
        .args(["kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER_ID, "--config"])
        .arg(&properties)
        .current_dir(work);
    let finished = command::run(launcher, command, FORMAT_LIMIT).map_err(failed("run java"))?;
    let refused = || DistributionError::Format {
        version: version.to_owned(),
        status: finished.status.clone(),
        output: finished.tail(12),
    };
    if !finished.success || !log_dir.join(META_PROPERTIES).is_file() {
        return Err(refused());
    }
    fs::remove_file(log_dir.join(META_PROPERTIES)).map_err(failed("remove files"))?;
    fs::remove_file(&properties).map_err(failed("remove files"))?;
    let made = StorageTemplate::open(&log_dir).map_err(failed("read"))?;
    if made.files.is_empty() {
        return Err(refused());
    }
    fs::rename(&log_dir, folder).map_err(failed("rename folders"))
}

/// A single combined node. Nothing is started, so its addresses are never used.
fn node_properties(log_dir: &Path) -> String {
    format!(
        "process.roles=broker,controller\n\
         node.id=0\n\
         controller.quorum.voters=0@127.0.0.1:9093\n\
         controller.listener.names=CONTROLLER\n\
         inter.broker.listener.name=REPLICATION\n\
         listeners=REPLICATION://127.0.0.1:9091,CONTROLLER://127.0.0.1:9093\n\
         listener.security.protocol.map=REPLICATION:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
         log.dirs={}\n",
        log_dir.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(files: &[&str]) -> (tempfile::TempDir, StorageTemplate) {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        let template = StorageTemplate::open(folder.path()).unwrap();
        (folder, template)
    }

    fn copied(template: &StorageTemplate, controller: bool) -> Vec<PathBuf> {
        let node = tempfile::tempdir().unwrap();
        template.copy_to(node.path(), controller).unwrap();
        StorageTemplate::open(node.path()).unwrap().files
    }

    #[test]
    fn a_bootstrap_checkpoint_goes_to_every_node() {
        let (_folder, template) = template(&["bootstrap.checkpoint"]);
        for controller in [true, false] {
            assert_eq!(copied(&template, controller), [PathBuf::from("bootstrap.checkpoint")]);
        }
    }

    #[test]
    fn a_metadata_snapshot_goes_to_controllers_only() {
        let snapshot = "__cluster_metadata-0/00000000000000000000-0000000000.checkpoint";
        let (_folder, template) = template(&[snapshot]);
        assert_eq!(copied(&template, true), [PathBuf::from(snapshot)]);
        assert!(copied(&template, false).is_empty());
    }
}
