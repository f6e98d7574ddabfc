//! [`DistributionError`]: why there is no Kafka to start, and what a person can do about it.

use super::lock::LockError;
use std::io;
use std::path::PathBuf;

/// Kafka or Java cannot be had (exit code 4). What to do about it is in
/// [`DistributionError::advice`].
#[derive(Debug, thiserror::Error)]
pub enum DistributionError {
    /// The repository keeps no sums for this version.
    #[error("Kafka {version} has no list of SHA-256 sums here (known versions: {known})")]
    UnknownVersion {
        /// As it was asked for.
        version: String,
        /// The versions that have one.
        known: String,
    },
    /// No `java` anywhere.
    #[error("Java was not found: JAVA_HOME is not set and PATH has no `java`")]
    NoJava,
    /// `JAVA_HOME` leads nowhere.
    #[error("JAVA_HOME is {}, but {} is not a program", .home.display(), .home.join("bin/java").display())]
    BadJavaHome {
        /// What the variable says.
        home: PathBuf,
    },
    /// `java -version` failed or said something else.
    #[error("{} -version reported no Java version: {reason}", .path.display())]
    UnreadableJava {
        /// The program.
        path: PathBuf,
        /// What it said instead.
        reason: String,
    },
    /// Too old for this Kafka.
    #[error("{} is Java {found}, and Kafka {kafka} needs Java {needed} or newer", .path.display())]
    OldJava {
        /// The program.
        path: PathBuf,
        /// Its major version.
        found: u32,
        /// The lowest major version that will do.
        needed: u32,
        /// The Kafka to run.
        kafka: String,
    },
    /// No `mvn` on the path.
    #[error("Kafka {version} is fetched with Maven, and PATH has no `mvn`")]
    NoMaven {
        /// The version to fetch.
        version: String,
    },
    /// `mvn` failed.
    #[error("mvn could not fetch Kafka {version} ({status}):\n{output}")]
    Maven {
        /// The version to fetch.
        version: String,
        /// Its exit status in words.
        status: String,
        /// The lines of its output that tell why.
        output: String,
    },
    /// A jar is not what the repository's list says.
    #[error("Kafka {version}: {source}")]
    Jar {
        /// The version.
        version: String,
        /// Which jar, and how it differs.
        source: Box<LockError>,
        /// The cache folder that holds it, when it got that far.
        folder: Option<PathBuf>,
    },
    /// The folder given as `--kafka-home` holds no Kafka.
    #[error("{} is not an unpacked Kafka release: {reason}", .home.display())]
    NoKafkaHome {
        /// As it was given.
        home: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// A path that cannot stand in a Java class path.
    #[error("the jar {} cannot be on a class path: its path has a colon or is not UTF-8", .jar.display())]
    ClassPath {
        /// The jar.
        jar: PathBuf,
    },
    /// `StorageTool format` failed.
    #[error("Kafka {version}'s StorageTool could not format an empty folder ({status}):\n{output}")]
    Format {
        /// The version.
        version: String,
        /// Its exit status in words.
        status: String,
        /// The end of its output.
        output: String,
    },
    /// There is no place for a cache.
    #[error("no cache folder: CHAOS_CACHE_DIR, XDG_CACHE_HOME and HOME are all unset")]
    NoCacheFolder,
    /// The disk failed.
    #[error("{what}: {source}")]
    Io {
        /// What was tried, with the path.
        what: String,
        /// The operating system's reason.
        source: io::Error,
    },
}

impl DistributionError {
    /// The disk failed while `what`.
    pub(super) fn io(what: impl Into<String>, source: io::Error) -> Self {
        DistributionError::Io { what: what.into(), source }
    }

    /// What a person can do, if anything can be said.
    pub fn advice(&self) -> Option<String> {
        const HOME: &str = "name an unpacked Kafka release by --kafka-home DIR or KAFKA_HOME";
        let advice = match self {
            DistributionError::UnknownVersion { .. } => {
                format!("use a known version, or {HOME} (its jars are then not checked)")
            }
            DistributionError::NoJava => {
                "install a Java runtime (Debian, Ubuntu: apt-get install openjdk-17-jre-headless, \
                 or -21-) or set JAVA_HOME"
                    .into()
            }
            DistributionError::BadJavaHome { .. } => {
                "set JAVA_HOME to a folder with bin/java, or unset it to take `java` from PATH"
                    .into()
            }
            DistributionError::UnreadableJava { .. } => {
                "try the same command by hand; set JAVA_HOME to use another Java".into()
            }
            DistributionError::OldJava { needed, .. } => format!(
                "install a newer one (Debian, Ubuntu: apt-get install openjdk-{}-jre-headless) \
                 and name it by JAVA_HOME",
                (*needed).max(17)
            ),
            DistributionError::NoMaven { .. } => {
                format!("install it (Debian, Ubuntu: apt-get install maven), or {HOME}")
            }
            DistributionError::Maven { .. } => format!(
                "Maven uses your own settings (~/.m2/settings.xml: mirror, proxy); without a \
                 network {HOME}"
            ),
            DistributionError::Jar { folder: Some(folder), .. } => format!(
                "somebody changed the cached jars: remove {} and run again to fetch them again",
                folder.display()
            ),
            DistributionError::Jar { folder: None, .. } => format!(
                "do not trust these jars: the repository that Maven asked, or a proxy on the \
                 way, returned something other than the version's release; or {HOME}"
            ),
            DistributionError::NoKafkaHome { .. } => {
                "give the folder that holds bin, config and libs".into()
            }
            DistributionError::NoCacheFolder => {
                "set CHAOS_CACHE_DIR to a folder that may be written".into()
            }
            DistributionError::ClassPath { .. } => {
                "move it, or set CHAOS_CACHE_DIR to a folder with a plain name".into()
            }
            DistributionError::Io { .. } => {
                "the cache folder is CHAOS_CACHE_DIR, else $XDG_CACHE_HOME/kafka-chaos, else \
                 ~/.cache/kafka-chaos; it must be writable and needs about 200 MB per version"
                    .into()
            }
            DistributionError::Format { .. } => return None,
        };
        Some(advice)
    }
}
