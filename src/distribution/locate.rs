//! [`Distribution`]: everything needed to start brokers of one Kafka version.

use super::archive;
use super::cache::{self, Cache};
use super::command::Launcher;
use super::error::DistributionError;
use super::home;
use super::java::{self, Java};
use super::known::{self, Known};
use super::lock::{Lock, LockError, short_sum};
use super::logging;
use super::maven;
use super::stamp::{jars_in, stamps};
use super::template::{self, StorageTemplate};
use crate::event::{Far, TellStep};
use crate::model::{JarOrigin, MadeOf};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// Changes with the layout of cached folders.
const LAYOUT: &str = "1";
const LIBS: &str = "libs";
const TEMPLATE: &str = "template";
/// Sizes and times of the jars when their checksums matched.
const CHECKED: &str = "checked";

/// What decides which Java and Maven are used, and where the cache is.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    pub java_home: Option<OsString>,
    pub path: Option<OsString>,
    pub cache_dir: Option<PathBuf>,
    /// How Maven and Java are started.
    pub launcher: Launcher,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_process() -> Surroundings {
        Surroundings {
            java_home: std::env::var_os("JAVA_HOME"),
            path: std::env::var_os("PATH"),
            cache_dir: cache::default_folder(|name| std::env::var_os(name)),
            launcher: Launcher::default(),
        }
    }

    /// The first program of this name on [`Surroundings::path`].
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        java::find_program(name, self.path.as_deref())
    }
}

/// The wanted Kafka.
#[derive(Clone, Debug)]
pub struct Request {
    /// The scenario's version, `3.8.1`.
    pub version: String,
    /// An unpacked release (`--kafka-home`, KAFKA_HOME); it decides the version.
    pub kafka_home: Option<PathBuf>,
    pub surroundings: Surroundings,
}

/// A Kafka that can be started: its jars, the Java to run them, and what makes that quick.
#[derive(Clone, Debug)]
pub struct Distribution {
    /// The scenario's version, or that of KAFKA_HOME.
    pub version: String,
    /// The class path, sorted bytewise.
    pub jars: Vec<PathBuf>,
    pub java: Java,
    /// For these jars and this JVM; `None` until it is made.
    pub class_data_archive: Option<PathBuf>,
    /// The content of a formatted log folder.
    pub storage_template: StorageTemplate,
    /// JVM options that make a broker log to standard output.
    pub log_args: Vec<String>,
    /// Where the jars came from.
    pub origin: JarOrigin,
    /// The cache folder for everything derived from these jars.
    pub(super) folder: PathBuf,
    pub(super) launcher: Launcher,
}

impl Distribution {
    /// Finds Java, and takes the jars from the release named, else from the cache, else from
    /// Maven, checking every sum. `note` is called with a line for the user before anything that
    /// takes more than a moment, `step` with how far it is.
    ///
    /// # Errors
    /// When Java, Maven or the jars cannot be had; each error says what to do.
    pub fn locate(
        request: &Request,
        note: &dyn Fn(&str),
        step: &TellStep<'_>,
    ) -> Result<Distribution, DistributionError> {
        let around = &request.surroundings;
        let root = around.cache_dir.as_deref().ok_or(DistributionError::NoCacheFolder)?;
        let found = match &request.kafka_home {
            Some(home) => Found::home(home, &request.version)?,
            None => Found::known(&request.version)?,
        };
        let java = Java::find(around.java_home.as_deref(), around.path.as_deref())?;
        java.require(&found.version)?;
        let waiting = || note("another run is fetching the same Kafka: waiting for it");
        let folder = Cache::at(root).entry(found.group(), &found.name(), &waiting, |folder| {
            found.build(folder, &java, around, (note, step))
        })?;
        let jars = found.checked_jars(&folder)?;
        let storage_template = StorageTemplate::open(&folder.join(TEMPLATE))
            .map_err(|e| DistributionError::io(format!("cannot read {}", folder.display()), e))?;
        let class_data_archive = archive::present(&folder, &java, &jars)
            .map_err(|e| DistributionError::io(format!("cannot read {}", folder.display()), e))?;
        Ok(Distribution {
            log_args: logging::args(&found.version, &folder),
            version: found.version,
            jars,
            java,
            class_data_archive,
            storage_template,
            origin: found.origin,
            folder,
            launcher: around.launcher.clone(),
        })
    }

    /// The JVM options of every Kafka process: the archive if there is one, logging, the class
    /// path. Heap and the main class (`kafka.Kafka`) follow.
    pub fn jvm_args(&self) -> Vec<String> {
        let mut args = self.archive_args();
        args.extend(base_args(&self.log_args, &self.jars));
        args
    }

    pub fn archive_args(&self) -> Vec<String> {
        let archive = self.class_data_archive.iter();
        archive.map(|path| format!("-XX:SharedArchiveFile={}", path.display())).collect()
    }

    /// Kafka and Java, for the report.
    pub fn made_of(&self) -> MadeOf {
        let java = self.java.version_line().to_owned();
        MadeOf::Jars { kafka: self.version.clone(), origin: self.origin.clone(), java }
    }
}

pub(super) fn base_args(log_args: &[String], jars: &[PathBuf]) -> Vec<String> {
    let mut args = log_args.to_vec();
    args.push("-cp".into());
    args.push(class_path(jars));
    args
}

/// Jars joined by colons; `plain_names` has checked them.
pub(super) fn class_path(jars: &[PathBuf]) -> String {
    jars.iter().map(|jar| jar.to_string_lossy()).collect::<Vec<_>>().join(":")
}

/// Jars that exist or can be fetched.
struct Found {
    version: String,
    origin: JarOrigin,
    source: Source,
}

enum Source {
    Known { lock: Lock, text: &'static str },
    Home { jars: Vec<PathBuf>, stamps: String },
}

impl Found {
    fn known(version: &str) -> Result<Found, DistributionError> {
        let Known { lock: text, .. } =
            known::known(version).ok_or_else(|| DistributionError::UnknownVersion {
                version: version.to_owned(),
                known: known::known_versions().collect::<Vec<_>>().join(", "),
            })?;
        let lock = Lock::parse(text).map_err(|source| jar_error(version, source, None))?;
        Ok(Found {
            version: version.to_owned(),
            origin: JarOrigin::Maven(lock.names().count()),
            source: Source::Known { lock, text },
        })
    }

    fn home(home: &Path, wanted: &str) -> Result<Found, DistributionError> {
        let home::Home { version, jars } = home::read(home)?;
        plain_names(&jars)?;
        let stamps = stamps(&jars)
            .map_err(|e| DistributionError::io(format!("cannot read {}", home.display()), e))?;
        let wanted = (version != wanted).then(|| wanted.to_owned());
        Ok(Found {
            version,
            origin: JarOrigin::Home { folder: home.display().to_string(), wanted },
            source: Source::Home { jars, stamps },
        })
    }

    fn group(&self) -> &'static str {
        match self.source {
            Source::Known { .. } => "kafka",
            Source::Home { .. } => "home",
        }
    }

    /// The version, and everything else that the folder's content depends on.
    fn name(&self) -> String {
        let jars = match &self.source {
            Source::Known { text, .. } => *text,
            Source::Home { stamps, .. } => stamps.as_str(),
        };
        let sum = short_sum(&[LAYOUT, logging::config(&self.version).1, jars], 8);
        format!("{}-{sum}", self.version)
    }

    /// Fills a new cache folder.
    fn build(
        &self,
        folder: &Path,
        java: &Java,
        around: &Surroundings,
        (note, step): (&dyn Fn(&str), &TellStep<'_>),
    ) -> Result<(), DistributionError> {
        let failed = |e| DistributionError::io(format!("cannot write in {}", folder.display()), e);
        let jars = match &self.source {
            Source::Home { jars, .. } => jars.clone(),
            Source::Known { lock, .. } => {
                let mvn = java::find_program("mvn", around.path.as_deref())
                    .ok_or_else(|| DistributionError::NoMaven { version: self.version.clone() })?;
                note(&format!("fetching Kafka {} with Maven, once", self.version));
                let libs = folder.join(LIBS);
                let mut came = 0;
                let of = lock.bytes();
                let mut jar = |name: &str| {
                    came += lock.bytes_of(name);
                    step("fetch", Far::Bytes(came, of));
                };
                maven::fetch(&around.launcher, &mvn, &self.version, folder, &libs, &mut jar)?;
                lock.check(&libs).map_err(|e| jar_error(&self.version, e, None))?;
                let jars = jars_in(&libs).map_err(failed)?;
                fs::write(folder.join(CHECKED), stamps(&jars).map_err(failed)?).map_err(failed)?;
                jars
            }
        };
        plain_names(&jars)?;
        logging::write(&self.version, folder).map_err(failed)?;
        note(&format!("formatting storage for Kafka {}, once", self.version));
        step("storage", Far::Waiting("formatting it".to_owned()));
        let args = base_args(&logging::args(&self.version, folder), &jars);
        let launcher = &around.launcher;
        template::make(launcher, &self.version, java, &args, folder, &folder.join(TEMPLATE))
    }

    /// The jars; those that changed since their check are checked again.
    fn checked_jars(&self, folder: &Path) -> Result<Vec<PathBuf>, DistributionError> {
        let lock = match &self.source {
            Source::Home { jars, .. } => return Ok(jars.clone()),
            Source::Known { lock, .. } => lock,
        };
        let failed = |e| DistributionError::io(format!("cannot use {}", folder.display()), e);
        let (libs, checked) = (folder.join(LIBS), folder.join(CHECKED));
        let jars = jars_in(&libs).map_err(failed)?;
        let now = stamps(&jars).map_err(failed)?;
        if fs::read_to_string(&checked).is_ok_and(|then| then == now) {
            return Ok(jars);
        }
        lock.check(&libs).map_err(|e| jar_error(&self.version, e, Some(folder)))?;
        let unfinished = folder.join(format!("{CHECKED}.{}", std::process::id()));
        fs::write(&unfinished, now).map_err(failed)?;
        fs::rename(&unfinished, &checked).map_err(failed)?;
        Ok(jars)
    }
}

fn jar_error(version: &str, source: LockError, folder: Option<&Path>) -> DistributionError {
    let folder = folder.map(Path::to_path_buf);
    DistributionError::Jar { version: version.to_owned(), source: Box::new(source), folder }
}

/// A colon would end a class path's entry, and the JVM takes its arguments as UTF-8.
fn plain_names(jars: &[PathBuf]) -> Result<(), DistributionError> {
    let is_odd = |jar: &&PathBuf| jar.to_str().is_none_or(|name| name.contains(':'));
    match jars.iter().find(is_odd) {
        Some(jar) => Err(DistributionError::ClassPath { jar: jar.clone() }),
        None => Ok(()),
    }
}
