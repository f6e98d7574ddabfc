//! [`NodeProcess`]: one Kafka node's process through its restarts, and the account of its end.

use super::spec::KafkaNode;
use nix::errno::Errno;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};

/// How much of a log's end is read.
const TAIL_BYTES: u64 = 8 * 1024;
const TAIL_LINES: usize = 12;

/// A Kafka node and its process, while it has one.
#[derive(Debug)]
pub(super) struct NodeProcess {
    pub(super) node: KafkaNode,
    pub(super) log: PathBuf,
    child: Option<Child>,
    ended: Option<Ended>,
}

#[derive(Debug)]
enum Ended {
    As(ExitStatus),
    /// Somebody else has reaped it.
    Unseen(io::Error),
}

impl NodeProcess {
    /// A node that was not started yet.
    pub(super) fn new(node: KafkaNode, log: PathBuf) -> Self {
        NodeProcess { node, log, child: None, ended: None }
    }

    pub(super) fn started(&mut self, child: Child) {
        self.child = Some(child);
        self.ended = None;
    }

    /// Its process id, if it lives.
    pub(super) fn pid(&mut self) -> Option<i32> {
        let child = self.child.as_mut()?;
        let ended = match child.try_wait() {
            Ok(None) => return Some(child.id() as i32),
            Ok(Some(status)) => Ended::As(status),
            Err(e) => Ended::Unseen(e),
        };
        self.child = None;
        self.ended = Some(ended);
        None
    }

    /// How it ended and what it logged last; `None` while it lives and before it ever did.
    pub(super) fn post_mortem(&mut self) -> Option<String> {
        if self.pid().is_some() {
            return None;
        }
        let how = match self.ended.as_ref()? {
            Ended::As(status) => status.to_string(),
            Ended::Unseen(e) => format!("its exit status is unknown: {e}"),
        };
        let log = self.log.display();
        let last = match tail(&self.log) {
            Ok(tail) if tail.is_empty() => format!("{log} is empty"),
            Ok(tail) => format!("{log} ends with:\n{tail}"),
            Err(e) => format!("{log} cannot be read: {e}"),
        };
        Some(format!("{} ended ({how}); {last}", self.node.name))
    }
}

/// The last lines of a file.
pub(in crate::runtime) fn tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    Ok(lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n"))
}

/// Whether a child of this process lives. Its owner still has to reap it.
pub(in crate::runtime) fn is_alive(pid: i32) -> bool {
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    loop {
        match waitid(Id::Pid(Pid::from_raw(pid)), flags) {
            Ok(status) => return status == WaitStatus::StillAlive,
            Err(Errno::EINTR) => {}
            // It is no longer our child: its owner has reaped it.
            Err(_) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::Role;
    use std::fs;
    use std::process::Command;

    fn node(log: PathBuf) -> NodeProcess {
        let address = std::net::Ipv4Addr::LOCALHOST;
        let name = "broker-0".to_owned();
        let node = KafkaNode { id: 0, name, role: Role::Combined, address, external_port: None };
        NodeProcess::new(node, log)
    }

    #[test]
    fn a_dead_node_says_how_it_ended_and_what_it_logged_last() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("broker-0.log");
        let lines: Vec<String> = (0..2_000).map(|i| format!("line {i}")).collect();
        fs::write(&log, lines.join("\n")).unwrap();
        let mut node = node(log);
        assert_eq!(node.post_mortem(), None, "it was never started");
        let mut child = Command::new("sh").args(["-c", "exit 3"]).spawn().unwrap();
        child.wait().unwrap();
        node.started(child);
        assert_eq!(node.pid(), None);
        let text = node.post_mortem().unwrap();
        assert!(text.contains("broker-0 ended (exit status: 3)"), "{text}");
        assert!(text.ends_with("line 1998\nline 1999"), "{text}");
        assert!(!text.contains("line 1987\n"), "{text}");
    }

    #[test]
    fn a_living_node_has_a_process_and_no_post_mortem() {
        let mut node = node("/none".into());
        let child = Command::new("sleep").arg("60").spawn().unwrap();
        let pid = child.id() as i32;
        node.started(child);
        assert_eq!(node.pid(), Some(pid));
        assert_eq!(node.post_mortem(), None);
        assert!(is_alive(pid));
        node.child.as_mut().unwrap().kill().unwrap();
        while node.pid().is_some() {
            std::thread::yield_now();
        }
        let text = node.post_mortem().unwrap();
        assert!(text.contains("signal: 9") && text.contains("cannot be read"), "{text}");
        assert!(!is_alive(pid));
    }

    #[test]
    fn watching_a_child_leaves_its_status_to_its_owner() {
        let mut child = Command::new("true").spawn().unwrap();
        while is_alive(child.id() as i32) {
            std::thread::yield_now();
        }
        assert!(child.wait().unwrap().success());
    }
}
