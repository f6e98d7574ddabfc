//! Which processes live in a namespace, according to `/proc`.

use nix::unistd::Pid;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Network,
    Pid,
}

/// The living processes in one of these namespaces, except this one. A process that has closed its
/// files and only waits to be reaped does not live.
pub(super) fn living_in(kind: Kind, namespaces: &[&File]) -> io::Result<Vec<Pid>> {
    let mut wanted = HashSet::new();
    for namespace in namespaces {
        let metadata = namespace.metadata()?;
        wanted.insert((metadata.dev(), metadata.ino()));
    }
    // Not getpid(): inside a PID namespace that differs from the number in /proc.
    let this = fs::read_link("/proc/self")?;
    let mut inside = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        if this.as_os_str() != name && wanted_by(pid, kind, &wanted) {
            inside.push(Pid::from_raw(pid));
        }
    }
    Ok(inside)
}

fn wanted_by(pid: i32, kind: Kind, wanted: &HashSet<(u64, u64)>) -> bool {
    // A process that cannot be inspected has ended, or is a stranger in no namespace of ours. A
    // process leaves its network namespace after its files are closed, its PID namespace only at
    // the end.
    let look = |name| fs::metadata(format!("/proc/{pid}/ns/{name}"));
    let Ok(network) = look("net") else { return false };
    let namespace = match kind {
        Kind::Network => Ok(network),
        Kind::Pid => look("pid"),
    };
    namespace.is_ok_and(|metadata| wanted.contains(&(metadata.dev(), metadata.ino())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_living_child_is_found_and_a_dead_one_is_not() {
        let own = |name: &str| File::open(format!("/proc/self/ns/{name}")).unwrap();
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let pid = Pid::from_raw(child.id() as i32);
        let network = living_in(Kind::Network, &[&own("net")]).unwrap();
        assert!(network.contains(&pid) && !network.contains(&Pid::this()));
        assert!(living_in(Kind::Pid, &[&own("pid")]).unwrap().contains(&pid));
        child.kill().unwrap();
        // A zombie until it is reaped.
        while super::super::process::is_alive(pid.as_raw()) {
            std::thread::yield_now();
        }
        assert!(!living_in(Kind::Network, &[&own("net")]).unwrap().contains(&pid));
        assert!(!living_in(Kind::Pid, &[&own("pid")]).unwrap().contains(&pid));
        child.wait().unwrap();
        assert_eq!(living_in(Kind::Network, &[]).unwrap(), []);
    }
}
