//! [`Scratch`]: the folder of everything that a run must not leave behind. While its tool lives, a
//! marker file in it is locked; a folder whose marker is unlocked has no owner.

use crate::runtime::RuntimeError;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

const PREFIX: &str = "chaos-";
const MARKER: &str = ".chaos-run";
/// The marker's name until it is locked.
const NEW_MARKER: &str = ".chaos-run.new";
/// During removal, dying processes may still create files.
const REMOVAL_ATTEMPTS: u32 = 20;

/// A folder of this process alone.
#[derive(Debug)]
pub(crate) struct Scratch {
    path: PathBuf,
    marker: Option<File>,
}

impl Scratch {
    /// Chooses an unused name; creates nothing yet, so that the process which removes the folder
    /// can exist before the folder.
    pub(crate) fn choose(parent: &Path) -> Scratch {
        let name = format!("{PREFIX}{}-{:016x}", std::process::id(), fastrand::u64(..));
        Scratch { path: parent.join(name), marker: None }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Creates the folder, for its owner only, with the locked marker.
    pub(crate) fn create(&mut self) -> Result<(), RuntimeError> {
        let failed = |e| {
            RuntimeError::io(format!("making the folder {}", self.path.display()), e)
                .advise("set TMPDIR to a folder that you may write to")
        };
        DirBuilder::new().mode(0o700).create(&self.path).map_err(failed)?;
        self.marker = Some(lock_marker(&self.path).map_err(failed)?);
        Ok(())
    }
}

/// The marker gets its name once it is locked, so it is never found unlocked while its tool lives.
fn lock_marker(folder: &Path) -> io::Result<File> {
    let new = folder.join(NEW_MARKER);
    let mut marker = File::options().write(true).create_new(true).open(&new)?;
    marker.lock()?;
    writeln!(marker, "locked while process {} runs", std::process::id())?;
    fs::rename(new, folder.join(MARKER))?;
    Ok(marker)
}

/// Removes a folder with its content; a missing one counts as removed.
pub(crate) fn remove(folder: &Path) -> io::Result<()> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        match fs::remove_dir_all(folder) {
            Ok(()) => return Ok(()),
            Err(e) if e.kind() == io::ErrorKind::NotFound && !folder.exists() => return Ok(()),
            Err(e) if attempt >= REMOVAL_ATTEMPTS => return Err(e),
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(10)),
        }
    }
}

/// Removes the folders in `parent` that tools of this user left behind, and returns which.
pub(crate) fn remove_stale(parent: &Path) -> Vec<String> {
    let removed = stale(parent).into_iter().map(|path| match remove(&path) {
        Ok(()) => format!("removed {}, left behind by a run that was killed", path.display()),
        Err(e) => {
            format!("could not remove {}, left behind by an earlier run: {e}", path.display())
        }
    });
    removed.collect()
}

/// The folders in `parent` that tools of this user left behind.
pub(crate) fn stale(parent: &Path) -> Vec<PathBuf> {
    // A parent that cannot be read fails when the folder is made.
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    let ours = entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX))
        .map(|entry| entry.path());
    ours.filter(|path| is_stale(path)).collect()
}

fn is_stale(folder: &Path) -> bool {
    let own = fs::symlink_metadata(folder)
        .is_ok_and(|m| m.is_dir() && m.uid() == nix::unistd::geteuid().as_raw());
    let marker = File::options().write(true).open(folder.join(MARKER));
    own && marker.is_ok_and(|marker| marker.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_in_use_stays_and_a_left_one_goes() {
        let parent = tempfile::tempdir().unwrap();
        let mut living = Scratch::choose(parent.path());
        let mut dead = Scratch::choose(parent.path());
        living.create().unwrap();
        dead.create().unwrap();
        fs::create_dir(dead.path().join("data")).unwrap();
        fs::write(dead.path().join("data/log"), "x").unwrap();
        let foreign = parent.path().join("chaos-of-somebody-else");
        fs::create_dir(&foreign).unwrap();
        assert!(remove_stale(parent.path()).is_empty(), "both markers are locked");

        dead.marker = None;
        let notes = remove_stale(parent.path());
        assert_eq!(notes.len(), 1, "{notes:?}");
        assert!(notes[0].contains(&dead.path().display().to_string()), "{notes:?}");
        assert!(!dead.path().exists());
        assert!(living.path().join(MARKER).exists());
        assert!(foreign.exists(), "a folder without a marker is not ours");
    }

    #[test]
    fn removing_what_is_not_there_is_done() {
        let parent = tempfile::tempdir().unwrap();
        remove(&parent.path().join("chaos-none")).unwrap();
    }

    #[test]
    fn a_parent_that_is_none_is_an_error_with_advice() {
        let mut scratch = Scratch::choose(Path::new("/proc/self/no-such-folder"));
        let error = scratch.create().unwrap_err().to_string();
        assert!(error.contains("TMPDIR"), "{error}");
    }
}
