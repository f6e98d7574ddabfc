//! [`Cache`]: folders in the user's cache that are complete or absent.
//!
//! A folder is built under an exclusive lock, beside its place, and then renamed. Reading takes no
//! lock. If a run dies in the middle, the next one removes what it left.

use super::error::DistributionError;
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

/// Part of the name of an unfinished folder.
const BUILDING: &str = ".building-";

#[derive(Clone, Debug)]
pub(super) struct Cache {
    root: PathBuf,
}

impl Cache {
    /// The folder need not exist yet.
    pub(super) fn at(root: impl Into<PathBuf>) -> Cache {
        Cache { root: root.into() }
    }

    /// The folder `GROUP/NAME`, made by `build` if it is missing. `build` gets an empty folder; no
    /// other run builds the same entry meanwhile, and nobody sees it before `build` succeeds.
    /// `waiting` is called if another run is building it.
    pub(super) fn entry(
        &self,
        group: &str,
        name: &str,
        waiting: &dyn Fn(),
        build: impl FnOnce(&Path) -> Result<(), DistributionError>,
    ) -> Result<PathBuf, DistributionError> {
        let group = self.root.join(group);
        let place = group.join(name);
        if place.is_dir() {
            return Ok(place);
        }
        fs::create_dir_all(&group).map_err(|e| failed("cannot make", &group, e))?;
        let lock_path = group.join(format!("{name}.lock"));
        let lock = File::create(&lock_path).map_err(|e| failed("cannot make", &lock_path, e))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                waiting();
                lock.lock().map_err(|e| failed("cannot lock", &lock_path, e))?;
            }
            Err(TryLockError::Error(e)) => return Err(failed("cannot lock", &lock_path, e)),
        }
        // Another run may have made it while this one waited.
        if place.is_dir() {
            return Ok(place);
        }
        remove_leftovers(&group, &format!("{name}{BUILDING}"))?;
        let unfinished = group.join(format!("{name}{BUILDING}{}", std::process::id()));
        fs::create_dir(&unfinished).map_err(|e| failed("cannot make", &unfinished, e))?;
        let built = build(&unfinished).and_then(|()| {
            fs::rename(&unfinished, &place).map_err(|e| failed("cannot make", &place, e))
        });
        match built {
            Ok(()) => Ok(place),
            Err(error) => {
                // The first failure counts; the next run removes what is left.
                let _ = fs::remove_dir_all(&unfinished);
                Err(error)
            }
        }
    }
}

/// The cache's place: `CHAOS_CACHE_DIR`, else `$XDG_CACHE_HOME/kafka-chaos`, else
/// `~/.cache/kafka-chaos`. Empty values and a relative XDG_CACHE_HOME count as unset.
pub(super) fn default_folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let path = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    path("CHAOS_CACHE_DIR").or_else(|| {
        path("XDG_CACHE_HOME")
            .filter(|folder| folder.is_absolute())
            .or_else(|| path("HOME").map(|home| home.join(".cache")))
            .map(|folder| folder.join("kafka-chaos"))
    })
}

/// Removes what dead runs left of this entry. The caller holds its lock.
fn remove_leftovers(group: &Path, prefix: &str) -> Result<(), DistributionError> {
    let entries = fs::read_dir(group).map_err(|e| failed("cannot read", group, e))?;
    for entry in entries {
        let path = entry.map_err(|e| failed("cannot read", group, e))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(prefix) {
            fs::remove_dir_all(&path).map_err(|e| failed("cannot remove", &path, e))?;
        }
    }
    Ok(())
}

fn failed(what: &str, path: &Path, source: std::io::Error) -> DistributionError {
    DistributionError::io(format!("{what} {}", path.display()), source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    fn nobody_waits() {}

    #[test]
    fn of_many_that_start_at_once_one_builds_and_all_see_it_whole() {
        let root = tempfile::tempdir().unwrap();
        let (builds, waits, start) = (AtomicUsize::new(0), AtomicUsize::new(0), Barrier::new(6));
        thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    let waiting = || {
                        waits.fetch_add(1, Ordering::SeqCst);
                    };
                    start.wait();
                    let place = Cache::at(root.path())
                        .entry("kafka", "1", &waiting, |folder| {
                            builds.fetch_add(1, Ordering::SeqCst);
                            fs::write(folder.join("first"), "1").unwrap();
                            thread::sleep(Duration::from_millis(100));
                            fs::write(folder.join("last"), "2").unwrap();
                            Ok(())
                        })
                        .unwrap();
                    assert_eq!(fs::read_to_string(place.join("last")).unwrap(), "2");
                });
            }
        });
        assert_eq!(builds.load(Ordering::SeqCst), 1);
        assert!(waits.load(Ordering::SeqCst) >= 1);
    }

    #[test]
    fn what_a_crashed_run_left_is_removed_and_built_anew() {
        let root = tempfile::tempdir().unwrap();
        let crashed = root.path().join("kafka/1.building-4711");
        let other = root.path().join("kafka/10.building-4711");
        fs::create_dir_all(&crashed).unwrap();
        fs::create_dir_all(&other).unwrap();
        fs::write(crashed.join("half"), "").unwrap();
        let build = |folder: &Path| {
            assert_eq!(fs::read_dir(folder).unwrap().count(), 0);
            fs::write(folder.join("whole"), "").unwrap();
            Ok(())
        };
        let place = Cache::at(root.path()).entry("kafka", "1", &nobody_waits, build).unwrap();
        assert!(place.join("whole").exists() && !place.join("half").exists());
        assert!(!crashed.exists());
        assert!(other.exists(), "another entry's folder may still be in the making");
    }

    #[test]
    fn a_failed_build_leaves_nothing_and_is_tried_again() {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache::at(root.path());
        let fail = |folder: &Path| {
            fs::write(folder.join("half"), "").unwrap();
            Err(DistributionError::NoJava)
        };
        let error = cache.entry("kafka", "1", &nobody_waits, fail).unwrap_err();
        assert!(matches!(error, DistributionError::NoJava));
        let left: Vec<_> =
            fs::read_dir(root.path().join("kafka")).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(left, [root.path().join("kafka/1.lock")]);
        cache.entry("kafka", "1", &nobody_waits, |_| Ok(())).unwrap();
    }

    #[test]
    fn what_is_there_is_taken_without_building_and_without_a_lock() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("kafka/1")).unwrap();
        let build = |_: &Path| panic!("it is there");
        Cache::at(root.path()).entry("kafka", "1", &nobody_waits, build).unwrap();
        assert!(!root.path().join("kafka/1.lock").exists());
    }

    #[test]
    fn the_cache_folder_follows_the_variables_in_order() {
        for (set, expected) in [
            (vec![("CHAOS_CACHE_DIR", "/c"), ("XDG_CACHE_HOME", "/x"), ("HOME", "/h")], Some("/c")),
            (vec![("XDG_CACHE_HOME", "/x"), ("HOME", "/h")], Some("/x/kafka-chaos")),
            (vec![("XDG_CACHE_HOME", "x"), ("HOME", "/h")], Some("/h/.cache/kafka-chaos")),
            (vec![("CHAOS_CACHE_DIR", ""), ("HOME", "/h")], Some("/h/.cache/kafka-chaos")),
            (vec![], None),
        ] {
            let variable =
                |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, v)| v.into());
            assert_eq!(default_folder(variable), expected.map(PathBuf::from), "{set:?}");
        }
    }
}
