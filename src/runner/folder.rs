//! The run's folder: everything that outlives the run goes there.

use crate::runtime::RuntimeError;
use std::fs;
use std::path::{Path, PathBuf};

/// Advice about a folder that is taken.
const ELSEWHERE: &str =
    "name another one, or leave out --out: then each run gets its own folder in chaos-out";

/// `chaos-out/<name>-<time>/`, or the folder of `--out`.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// Why a named folder cannot be a run's, known before anything is started.
    pub fn unfit(path: &Path) -> Option<String> {
        let shown = path.display();
        match fs::read_dir(path).map(|mut entries| entries.next().is_some()) {
            Ok(false) => None,
            Ok(true) => Some(format!("the folder {shown} is not empty\n  help: {ELSEWHERE}")),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
            Err(e) if e.kind() == std::io::ErrorKind::NotADirectory => {
                Some(format!("{shown} is not a folder\n  help: {ELSEWHERE}"))
            }
            // It cannot be read; whether it can be written shows later.
            Err(_) => None,
        }
    }

    /// Makes the folder for a run of a scenario of this name. `out` is used instead if given; it
    /// may exist if it is empty.
    pub fn create(out: Option<&Path>, name: &str) -> Result<Self, RuntimeError> {
        let folder = RunFolder::create_plain(out, name)?;
        for within in ["nodes", "cells"] {
            let path = folder.path.join(within);
            fs::create_dir_all(&path).map_err(|e| {
                RuntimeError::io(format!("cannot make the folder {}", path.display()), e)
            })?;
        }
        Ok(folder)
    }

    /// The same for several runs, each of which gets its own folder inside.
    pub fn create_plain(out: Option<&Path>, name: &str) -> Result<Self, RuntimeError> {
        let path = match out {
            Some(path) => path.to_path_buf(),
            None => make_fresh(name)?,
        };
        let failed = |e| RuntimeError::io(format!("cannot make the folder {}", path.display()), e);
        fs::create_dir_all(&path).map_err(failed)?;
        if fs::read_dir(&path).map_err(failed)?.next().is_some() {
            return Err(RuntimeError::new(format!("the folder {} is not empty", path.display()))
                .advise(ELSEWHERE));
        }
        // Workers live among the nodes and need a path that is valid everywhere.
        let path = path.canonicalize().map_err(failed)?;
        let folder = RunFolder { path };
        if out.is_none() {
            folder.link_latest()?;
        }
        Ok(folder)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn nodes(&self) -> PathBuf {
        self.path.join("nodes")
    }

    /// One cell's ledger and its worker's log.
    pub fn cell(&self, index: u16) -> PathBuf {
        self.path.join("cells").join(index.to_string())
    }

    /// `chaos-out/latest` links to the newest run; replaced atomically, so that two runs side by
    /// side leave a link to one of them.
    fn link_latest(&self) -> Result<(), RuntimeError> {
        let (Some(parent), Some(name)) = (self.path.parent(), self.path.file_name()) else {
            return Ok(());
        };
        let fresh = parent.join(format!(".latest-{}", std::process::id()));
        drop(fs::remove_file(&fresh));
        let link = || -> std::io::Result<()> {
            std::os::unix::fs::symlink(name, &fresh)?;
            fs::rename(&fresh, parent.join("latest"))
        };
        link().map_err(|e| RuntimeError::io("cannot link chaos-out/latest", e))
    }
}

/// How many runs of one name may begin in one second.
const SAME_SECOND_MAX: u32 = 1_000;

/// Makes a new folder under `chaos-out`; two simultaneous runs get two.
fn make_fresh(name: &str) -> Result<PathBuf, RuntimeError> {
    let parent = Path::new("chaos-out");
    let failed = |e| RuntimeError::io(format!("cannot make a folder in {}", parent.display()), e);
    fs::create_dir_all(parent).map_err(failed)?;
    let base = format!("{name}-{}", jiff::Zoned::now().strftime("%Y%m%d-%H%M%S"));
    for n in 1..=SAME_SECOND_MAX {
        let path = parent.join(if n == 1 { base.clone() } else { format!("{base}-{n}") });
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(failed(e)),
        }
    }
    Err(RuntimeError::new(format!("{SAME_SECOND_MAX} runs of {name} began in this second")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_holds_something_is_not_taken() {
        let parent = tempfile::tempdir().unwrap();
        let out = parent.path().join("a/b");
        let folder = RunFolder::create(Some(&out), "x").unwrap();
        assert!(folder.nodes().is_dir());
        let error = RunFolder::create(Some(&out), "x").unwrap_err().to_string();
        assert!(error.contains("not empty"), "{error}");
    }

    #[test]
    fn what_cannot_be_a_run_s_folder_is_known_without_making_it() {
        let parent = tempfile::tempdir().unwrap();
        let named = |name: &str| RunFolder::unfit(&parent.path().join(name));
        assert_eq!((named(""), named("a/b")), (None, None));
        fs::write(parent.path().join("file"), "").unwrap();
        for (name, why) in
            [("", "is not empty"), ("file", "is not a folder"), ("file/x", "not a folder")]
        {
            let said = named(name).unwrap();
            assert!(said.contains(why) && said.contains("\n  help: "), "{said}");
        }
        assert!(!parent.path().join("a").exists());
    }
}
