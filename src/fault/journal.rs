//! The journal: each action is on disk before it happens, so that after a crash somebody knows what
//! to heal. One JSON line per entry, each synced.

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum JournalEntry {
    Intent {
        /// The fault's position in the plan.
        fault: u16,
        /// In the scenario's words.
        what: String,
        /// Nodes by name.
        nodes: Vec<String>,
        remedy: String,
    },
    Healed {
        /// The fault's position in the plan.
        fault: u16,
    },
}

/// An open journal; every fault's thread writes to it.
#[derive(Debug)]
pub struct Journal {
    file: Mutex<File>,
}

impl Journal {
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Journal { file: Mutex::new(File::create(path)?) })
    }

    /// Writes an entry and waits until it is on disk. If it fails, the fault must not be injected.
    pub fn write(&self, entry: &JournalEntry) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let mut file = self.file.lock();
        file.write_all(&line)?;
        file.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let journal = Journal::create(&path).unwrap();
        let entries = [
            JournalEntry::Intent {
                fault: 0,
                what: "process_stop leader".into(),
                nodes: vec!["broker-0".into()],
                remedy: "SIGCONT 7".into(),
            },
            JournalEntry::Healed { fault: 0 },
        ];
        for entry in &entries {
            journal.write(entry).unwrap();
        }
        let text = std::fs::read_to_string(path).unwrap();
        let read: Vec<JournalEntry> =
            text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(read, entries);
    }
}
