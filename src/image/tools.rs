//! What an image takes from this machine: a JDK with jlink, and a static busybox.

use crate::distribution::{Distribution, Surroundings};
use crate::runtime::RuntimeError;
use std::fs;
use std::path::{Path, PathBuf};

/// The oldest Java that runs every known Kafka.
const JAVA_MIN: u32 = 17;

/// A JDK that can make a runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Jdk {
    /// The folder with `bin/jlink`.
    pub home: PathBuf,
    /// Version and vendor, from its `release` file.
    pub version: String,
}

impl Jdk {
    /// The JDK of the distribution's Java, else that of `jlink` on the PATH.
    pub(super) fn find(found: &Distribution, around: &Surroundings) -> Result<Jdk, RuntimeError> {
        let of_path = around.program("jlink");
        let programs = [Some(found.java.path.clone()), of_path];
        Jdk::of(programs.into_iter().flatten().filter_map(|program| home_of(&program))).map_err(
            |why| {
                RuntimeError::new(format!("an image's Java is made by jlink, and {why}")).advise(
                    "install a JDK (Debian, Ubuntu: apt-get install openjdk-17-jdk-headless, or \
                     -21-), or name one by JAVA_HOME",
                )
            },
        )
    }

    fn of(homes: impl Iterator<Item = PathBuf>) -> Result<Jdk, String> {
        let mut why = Vec::new();
        for home in homes {
            if !home.join("bin/jlink").is_file() {
                why.push(format!("{} has no bin/jlink", home.display()));
                continue;
            }
            let Some((version, major)) = version_of(&home) else {
                why.push(format!("{} reports no version", home.join("release").display()));
                continue;
            };
            if major >= JAVA_MIN {
                return Ok(Jdk { home, version });
            }
            why.push(format!("{} is Java {major}, older than {JAVA_MIN}", home.display()));
        }
        Err(why.join(", "))
    }
}

/// `HOME` of `HOME/bin/java`, with links resolved.
fn home_of(program: &Path) -> Option<PathBuf> {
    let program = fs::canonicalize(program).ok()?;
    Some(program.parent()?.parent()?.to_owned())
}

/// The version in the JDK's `release` file, and its first number.
fn version_of(home: &Path) -> Option<(String, u32)> {
    let text = fs::read_to_string(home.join("release")).ok()?;
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
        Some(line.trim_matches('"').to_owned())
    };
    let version = value("JAVA_VERSION")?;
    let major = version.split(['.', '-', '+']).next()?.parse().ok()?;
    let build = [value("JAVA_RUNTIME_VERSION"), value("IMPLEMENTOR"), value("OS_ARCH")];
    let words: Vec<String> = [Some(version)].into_iter().chain(build).flatten().collect();
    Some((words.join(" "), major))
}

/// The busybox on the PATH. It must be static; the layout script checks that.
pub(super) fn busybox(around: &Surroundings) -> Result<PathBuf, RuntimeError> {
    around.program("busybox").ok_or_else(|| {
        RuntimeError::new("an image's shell is a static busybox, and PATH has no `busybox`")
            .advise("install it (Debian, Ubuntu: apt-get install busybox-static)")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jdk(root: &Path, name: &str, release: &str, jlink: bool) -> PathBuf {
        let home = root.join(name);
        fs::create_dir_all(home.join("bin")).unwrap();
        fs::write(home.join("release"), release).unwrap();
        if jlink {
            fs::write(home.join("bin/jlink"), "").unwrap();
        }
        home
    }

    #[test]
    fn the_first_jdk_that_is_new_enough_is_taken() {
        let root = tempfile::tempdir().unwrap();
        let jre = jdk(root.path(), "jre", "JAVA_VERSION=\"21\"\n", false);
        let old = jdk(root.path(), "old", "JAVA_VERSION=\"11.0.2\"\n", true);
        let release = "IMPLEMENTOR=\"Debian\"\nJAVA_VERSION=\"17.0.15\"\nOS_ARCH=\"x86_64\"\n";
        let new = jdk(root.path(), "new", release, true);
        let found = Jdk::of([jre.clone(), old.clone(), new.clone()].into_iter()).unwrap();
        assert_eq!(found, Jdk { home: new, version: "17.0.15 Debian x86_64".into() });
        let why = Jdk::of([jre, old].into_iter()).unwrap_err();
        assert!(why.contains("jre has no bin/jlink"), "{why}");
        assert!(why.contains("old is Java 11, older than 17"), "{why}");
    }

    #[test]
    fn a_missing_busybox_is_named_with_its_package() {
        let nothing = tempfile::tempdir().unwrap();
        let around = Surroundings { path: Some(nothing.path().into()), ..Surroundings::default() };
        let error = busybox(&around).unwrap_err().to_string();
        assert!(error.contains("apt-get install busybox-static"), "{error}");
    }
}
