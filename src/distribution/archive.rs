//! The class-data archive: a broker's classes, parsed and verified once, and mapped by every later
//! JVM. It saves about half of a broker's start-up processor time.
//!
//! It takes three steps. A broker of a real cluster runs with `-XX:DumpLoadedClassList` (the
//! training); another JVM writes the archive from that list; a third proves that it loads its
//! classes from the archive, because a JVM silently ignores one that does not fit. The archive's
//! name covers what decides the fit: the JVM's build, and the jars' order, size and time.

use super::command;
use super::java::{Java, NO_TRACES};
use super::locate::{Distribution, base_args, class_path};
use super::lock::short_sum;
use super::stamp::stamps;
use std::fmt::Display;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const FOLDER: &str = "archives";
const JVM_LIMIT: Duration = Duration::from_secs(180);
/// A started broker has loaded several thousand; with fewer the training failed.
const CLASSES_MIN: usize = 3000;
/// What the JVM logs for a class from the archive.
const PROOF: &str = "kafka.Kafka source: shared objects file";

/// What [`Distribution::ensure_archive`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Archive {
    Present,
    Made {
        /// Including the training.
        took_ms: u64,
    },
}

/// Why there is no archive. Brokers then start more slowly.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Another run is making it.
    #[error("another run is making the class-data archive at this moment")]
    Busy,
    /// This JVM cannot make one; later runs do not try again.
    #[error("this Java makes no class-data archive: {reason} (remove {} to try again)", .marker.display())]
    Refused {
        reason: String,
        /// This file keeps later runs from trying.
        marker: PathBuf,
    },
    #[error("the cluster to learn the class list from failed: {0}")]
    Training(String),
    /// The class list is missing or too short.
    #[error(
        "the class list has {found} classes, and a broker that came up loads at least {CLASSES_MIN}"
    )]
    ShortList {
        /// Complete lines in the list.
        found: usize,
    },
    #[error("{what}: {source}")]
    Io { what: String, source: io::Error },
}

impl Distribution {
    /// Makes [`Distribution::class_data_archive`] if it is missing, once per version and JVM. After
    /// an error the distribution works as before, only more slowly; the caller should say so.
    ///
    /// `train` is called at most once, with JVM options for exactly ONE broker (two JVMs would
    /// overwrite each other's list), a combined node if there are any. It must start a real
    /// cluster, wait until brokers answer and a topic with all its replicas took an acknowledged
    /// message, so that those classes are loaded, and then end that broker. SIGKILL will do: the
    /// JVM lists each class as it loads it.
    pub fn ensure_archive<E: Display>(
        &mut self,
        train: &dyn Fn(&[String]) -> Result<(), E>,
    ) -> Result<Archive, ArchiveError> {
        if self.class_data_archive.is_some() {
            return Ok(Archive::Present);
        }
        let folder = self.folder.join(FOLDER);
        let failed = |source| ArchiveError::Io {
            what: format!("cannot keep class-data archives in {}", folder.display()),
            source,
        };
        let paths = Paths::of(&folder, &self.java, &self.jars).map_err(failed)?;
        fs::create_dir_all(&folder).map_err(failed)?;
        let lock = File::create(&paths.lock).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ArchiveError::Busy),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        if paths.archive.is_file() {
            self.class_data_archive = Some(paths.archive);
            return Ok(Archive::Present);
        }
        if let Ok(reason) = fs::read_to_string(&paths.refused) {
            return Err(ArchiveError::Refused { reason, marker: paths.refused });
        }
        let started = Instant::now();
        let made = self.make_archive(&paths, train);
        for leftover in [&paths.list, &paths.unfinished] {
            match fs::remove_file(leftover) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(failed(source));
                }
                _ => {}
            }
        }
        if let Err(ArchiveError::Refused { reason, marker }) = &made {
            fs::write(marker, reason).map_err(failed)?;
        }
        made?;
        self.class_data_archive = Some(paths.archive);
        let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(Archive::Made { took_ms })
    }

    fn make_archive<E: Display>(
        &self,
        paths: &Paths,
        train: &dyn Fn(&[String]) -> Result<(), E>,
    ) -> Result<(), ArchiveError> {
        let record = format!("-XX:DumpLoadedClassList={}", paths.list.display());
        // A JVM without the option would end every training at once.
        self.java_must(paths, &[&record, "-version"], "knows no -XX:DumpLoadedClassList")?;
        train(&[record]).map_err(|e| ArchiveError::Training(e.to_string()))?;
        let failed = |what: &str, path: &Path| {
            let what = format!("cannot {what} {}", path.display());
            move |source| ArchiveError::Io { what, source }
        };
        let list = match fs::read(&paths.list) {
            Ok(list) => list,
            Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(failed("read", &paths.list)(e)),
        };
        let list = whole_lines(&list);
        let found = list.iter().filter(|byte| **byte == b'\n').count();
        if found < CLASSES_MIN {
            return Err(ArchiveError::ShortList { found });
        }
        fs::write(&paths.list, list).map_err(failed("write", &paths.list))?;
        let list = format!("-XX:SharedClassListFile={}", paths.list.display());
        let archive = format!("-XX:SharedArchiveFile={}", paths.unfinished.display());
        let class_path = class_path(&self.jars);
        let dump = ["-Xshare:dump", "-Xlog:cds=off", &list, &archive, "-cp", &class_path];
        self.java_must(paths, &dump, "wrote none")?;
        let args = base_args(&self.log_args, &self.jars);
        let mut prove = vec!["-Xshare:on", &archive, "-Xlog:class+load"];
        prove.extend(args.iter().map(String::as_str));
        prove.extend(["kafka.Kafka", "--version"]);
        let said = self.java_must(paths, &prove, "does not take its own")?;
        if !said.contains(PROOF) {
            return Err(paths.refused(format!("it loads no class from it: no line {PROOF:?}")));
        }
        fs::rename(&paths.unfinished, &paths.archive).map_err(failed("make", &paths.archive))
    }

    /// Runs this JVM and returns its output; anything but success counts as a refusal.
    fn java_must(
        &self,
        paths: &Paths,
        args: &[&str],
        refusal: &str,
    ) -> Result<String, ArchiveError> {
        let mut command = Command::new(&self.java.path);
        command.arg(NO_TRACES).args(args);
        let finished = command::run(&self.launcher, command, JVM_LIMIT).map_err(|source| {
            let what = format!("cannot run {}", self.java.path.display());
            ArchiveError::Io { what, source }
        })?;
        if finished.success {
            return Ok(finished.output);
        }
        let said = finished.tail(3);
        Err(paths.refused(format!("it {refusal} ({}):\n{said}", finished.status)))
    }
}

/// The archive for this JVM and these jars, if it exists.
pub(super) fn present(folder: &Path, java: &Java, jars: &[PathBuf]) -> io::Result<Option<PathBuf>> {
    let paths = Paths::of(&folder.join(FOLDER), java, jars)?;
    Ok(Some(paths.archive).filter(|archive| archive.is_file()))
}

struct Paths {
    archive: PathBuf,
    unfinished: PathBuf,
    list: PathBuf,
    lock: PathBuf,
    refused: PathBuf,
}

impl Paths {
    fn of(folder: &Path, java: &Java, jars: &[PathBuf]) -> io::Result<Paths> {
        let key = short_sum(&[&java.version_text, &stamps(jars)?], 16);
        let path = |extension: &str| folder.join(format!("{key}.{extension}"));
        Ok(Paths {
            archive: path("jsa"),
            unfinished: path("unfinished"),
            list: path("classes"),
            lock: path("lock"),
            refused: path("refused"),
        })
    }

    fn refused(&self, reason: String) -> ArchiveError {
        ArchiveError::Refused { reason, marker: self.refused.clone() }
    }
}

/// Without the line that a killed JVM may have been writing.
fn whole_lines(list: &[u8]) -> &[u8] {
    let end = list.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    &list[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::slice::from_ref;

    #[test]
    fn a_half_written_last_line_is_left_out() {
        assert_eq!(whole_lines(b"a/B\nc/D\ne/"), b"a/B\nc/D\n");
        assert_eq!(whole_lines(b"a/B\n"), b"a/B\n");
        assert_eq!(whole_lines(b"a/"), b"");
        assert_eq!(whole_lines(b""), b"");
    }

    #[test]
    fn the_name_follows_the_jvm_and_the_jars() {
        let folder = tempfile::tempdir().unwrap();
        let jar = folder.path().join("a.jar");
        fs::write(&jar, "a").unwrap();
        let java = |text: &str| Java {
            path: "/usr/bin/java".into(),
            version_text: text.into(),
            major: 17,
        };
        let name = |text| Paths::of(folder.path(), &java(text), from_ref(&jar)).unwrap().archive;
        let first = name("17.0.15+6");
        assert_eq!(first, name("17.0.15+6"));
        assert_ne!(first, name("17.0.16+8"));
        fs::write(&jar, "ab").unwrap();
        assert_ne!(first, name("17.0.15+6"));
    }
}
