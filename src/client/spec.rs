//! [`WorkerSpec`]: everything that a worker is told, in one JSON file.

use crate::clock::Epoch;
use crate::ledger::ProducerId;
use crate::plan::Role;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// One client's orders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerSpec {
    /// Its name within the cell.
    pub name: String,
    /// Who it is; its ledger and every stamp say so.
    pub id: ProducerId,
    pub epoch: Epoch,
    pub topic: String,
    /// Number of partitions.
    pub partitions: u32,
    /// `bootstrap.servers`, as seen from where the worker runs.
    pub bootstrap_servers: String,
    /// All that is random follows from this.
    pub seed: u64,
    pub ledger_dir: PathBuf,
    /// How long it may take to settle what is open when its work has ended.
    pub flush_timeout_ms: u64,
    /// What it does, and how.
    pub role: Role,
}

/// A spec that can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    /// The file can't be read or written.
    #[error("the worker's spec {path}: {source}")]
    File { path: PathBuf, source: io::Error },
    /// The file does not hold a spec.
    #[error("the worker's spec {path} is not what this version of chaos writes: {source}")]
    Format { path: PathBuf, source: serde_json::Error },
}

impl WorkerSpec {
    /// Reads a spec.
    ///
    /// # Errors
    /// As [`SpecError`] says.
    pub fn read(path: &Path) -> Result<Self, SpecError> {
        let text = std::fs::read(path)
            .map_err(|source| SpecError::File { path: path.to_owned(), source })?;
        serde_json::from_slice(&text)
            .map_err(|source| SpecError::Format { path: path.to_owned(), source })
    }

    /// Writes a spec.
    ///
    /// # Errors
    /// As [`SpecError`] says.
    pub fn write(&self, path: &Path) -> Result<(), SpecError> {
        let text = serde_json::to_vec_pretty(self)
            .map_err(|source| SpecError::Format { path: path.to_owned(), source })?;
        std::fs::write(path, text)
            .map_err(|source| SpecError::File { path: path.to_owned(), source })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::Rate;
    use crate::plan::ProducerPlan;

    /// A spec with client properties that suit librdkafka's mock cluster.
    pub(crate) fn spec(dir: &Path, bootstrap_servers: &str) -> WorkerSpec {
        let properties = [
            ("client.id", "worker-test"),
            ("acks", "all"),
            ("enable.idempotence", "true"),
            ("linger.ms", "5"),
            ("message.timeout.ms", "20000"),
        ];
        let producer = ProducerPlan {
            config: properties.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
            rate: Rate::Max,
            message_bytes: 100,
            messages: Some(1000),
            saturate: false,
        };
        WorkerSpec {
            name: "producer-0".into(),
            id: ProducerId { run: 77, cell: 1, producer: 0 },
            epoch: Epoch::now(),
            topic: "cell-1".into(),
            partitions: 4,
            bootstrap_servers: bootstrap_servers.into(),
            seed: 5,
            ledger_dir: dir.join("ledger"),
            flush_timeout_ms: 10_000,
            role: Role::Producer(producer),
        }
    }

    #[test]
    fn a_spec_survives_its_file() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("worker.json");
        let spec = spec(dir.path(), "localhost:9092");
        spec.write(&path).expect("it is valid");
        assert_eq!(WorkerSpec::read(&path).expect("it was just written"), spec);
    }

    #[test]
    fn a_file_that_is_none_names_itself() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("worker.json");
        let missing = WorkerSpec::read(&path).expect_err("there is none").to_string();
        assert!(missing.contains("worker.json"), "{missing}");
        std::fs::write(&path, "{}").expect("the folder is ours");
        let empty = WorkerSpec::read(&path).expect_err("it is empty").to_string();
        assert!(empty.contains("missing field"), "{empty}");
    }
}
