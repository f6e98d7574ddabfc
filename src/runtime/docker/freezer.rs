//! Whether a process is frozen, according to its control group: `freezer.state` (v1),
//! `cgroup.events` (v2).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The file to read, and the word in it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sign {
    file: PathBuf,
    word: &'static str,
}

/// What shows that a process is frozen; `None`: it is not.
pub(super) fn frozen(pid: i32) -> io::Result<Option<String>> {
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup"))?;
    let mounts = fs::read_to_string("/proc/self/mountinfo")?;
    let sign = sign(&groups, &mounts)
        .ok_or_else(|| io::Error::other(format!("process {pid} has no visible freezer")))?;
    let text = fs::read_to_string(&sign.file)?;
    let is_frozen = text.lines().any(|line| line == sign.word);
    let (word, file) = (sign.word, sign.file.display());
    Ok(is_frozen.then(|| format!("process {pid}: {word} in {file}")))
}

/// From `/proc/PID/cgroup` and the mounts of this process (cgroups(7), proc(5)).
fn sign(groups: &str, mounts: &str) -> Option<Sign> {
    let mut v2 = None;
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':');
        let (_, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        if controllers.split(',').any(|c| c == "freezer") {
            let is_freezer = |kind: &str, options: &str| {
                kind == "cgroup" && options.split(',').any(|option| option == "freezer")
            };
            let file = place(mounts, is_freezer, path)?.join("freezer.state");
            return Some(Sign { file, word: "FROZEN" });
        }
        if controllers.is_empty() {
            v2 = Some(path);
        }
    }
    let file = place(mounts, |kind, _| kind == "cgroup2", v2?)?.join("cgroup.events");
    Some(Sign { file, word: "frozen 1" })
}

/// Where the mounts have a group's folder.
fn place(mounts: &str, wanted: impl Fn(&str, &str) -> bool, group: &str) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        let (front, back) = line.split_once(" - ")?;
        let front: Vec<&str> = front.split(' ').collect();
        let back: Vec<&str> = back.split(' ').collect();
        let (root, point) = (front.get(3)?, front.get(4)?);
        wanted(back.first()?, back.get(2)?).then_some(())?;
        let below = Path::new(group).strip_prefix(root).ok()?;
        Some(Path::new(point).join(below))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = "31 25 0:27 / /sys/fs/cgroup ro - tmpfs tmpfs ro\n\
         36 31 0:33 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
         37 31 0:34 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer\n";
    const V2: &str = "31 25 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n";

    #[test]
    fn version_1_says_it_in_the_freezers_own_tree() {
        let groups = "9:cpu:/docker/ab\n5:freezer:/docker/ab\n0::/\n";
        let file = "/sys/fs/cgroup/freezer/docker/ab/freezer.state".into();
        assert_eq!(sign(groups, V1), Some(Sign { file, word: "FROZEN" }));
    }

    #[test]
    fn version_2_says_it_in_the_only_tree() {
        let groups = "0::/system.slice/docker-ab.scope\n";
        let file = "/sys/fs/cgroup/system.slice/docker-ab.scope/cgroup.events".into();
        assert_eq!(sign(groups, V2), Some(Sign { file, word: "frozen 1" }));
    }

    #[test]
    fn a_tree_that_is_mounted_in_part_shows_its_part() {
        let mounts = "37 31 0:34 /docker /f rw - cgroup cgroup rw,freezer\n";
        let inside = sign("5:freezer:/docker/ab\n", mounts).unwrap();
        assert_eq!(inside.file, Path::new("/f/ab/freezer.state"));
        assert_eq!(sign("5:freezer:/other/ab\n", mounts), None);
        assert_eq!(sign("5:cpu:/docker/ab\n", mounts), None);
    }
}
