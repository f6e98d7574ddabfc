//! [`DistributionError`]: why there is no Kafka to start, and what to do.

use super::lock::LockError;
use std::io;
use std::path::PathBuf;

/// Kafka or Java is not available (exit code 4); see [`DistributionError::advice`].
#[derive(Debug, thiserror::Error)]
pub enum DistributionError {
    /// The repository has no checksums for this version.
    #[error("Kafka {version} has no list of SHA-256 sums here (known versions: {known})")]
    UnknownVersion { version: String, known: String },
    /// No `java` anywhere.
    #[error("Java was not found: JAVA_HOME is not set and PATH has no `java`")]
    NoJava,
    /// `JAVA_HOME` has no Java.
    #[error("JAVA_HOME is {}, but {} is not a program", .home.display(), .home.join("bin/java").display())]
    BadJavaHome { home: PathBuf },
    /// `java -version` failed or printed something else.
    #[error("{} -version reported no Java version: {reason}", .path.display())]
    UnreadableJava { path: PathBuf, reason: String },
    /// Too old for this Kafka.
    #[error("{} is Java {found}, and Kafka {kafka} needs Java {needed} or newer", .path.display())]
    OldJava {
        path: PathBuf,
        found: u32,
        /// The lowest sufficient major version.
        needed: u32,
        kafka: String,
    },
    /// No `mvn` on the path.
    #[error("Kafka {version} is fetched with Maven, and PATH has no `mvn`")]
    NoMaven { version: String },
    /// `mvn` failed.
    #[error("mvn could not fetch Kafka {version} ({status}):\n{output}")]
    Maven {
        version: String,
        status: String,
        /// The lines of its output that say why.
        output: String,
    },
    /// A jar differs from the repository's list.
    #[error("Kafka {version}: {source}")]
    Jar {
        version: String,
        /// Which jar, and how it differs.
        source: Box<LockError>,
        /// The cache folder that has it, if it got that far.
        folder: Option<PathBuf>,
    },
    /// The folder given as `--kafka-home` has no Kafka.
    #[error("{} is not an unpacked Kafka release: {reason}", .home.display())]
    NoKafkaHome { home: PathBuf, reason: String },
    /// A path that a Java class path cannot contain.
    #[error("the jar {} cannot be on a class path: its path has a colon or is not UTF-8", .jar.display())]
    ClassPath { jar: PathBuf },
    /// `StorageTool format` failed.
    #[error("Kafka {version}'s StorageTool could not format an empty folder ({status}):\n{output}")]
    Format { version: String, status: String, output: String },
    /// There is no place for a cache.
    #[error("no cache folder: CHAOS_CACHE_DIR, XDG_CACHE_HOME and HOME are all unset")]
    NoCacheFolder,
    #[error("{what}: {source}")]
    Io { what: String, source: io::Error },
}

impl DistributionError {
    pub(super) fn io(what: impl Into<String>, source: io::Error) -> Self {
        DistributionError::Io { what: what.into(), source }
    }

    /// What a person can do about it, if anything.
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
