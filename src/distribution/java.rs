//! [`Java`]: the JVM for brokers, from JAVA_HOME, else from PATH.

use super::command::{self, Launcher};
use super::error::DistributionError;
use super::known::needed_java;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Keeps a JVM from leaving an `hsperfdata` folder in the temporary folder.
pub(super) const NO_TRACES: &str = "-XX:-UsePerfData";

const VERSION_LIMIT: Duration = Duration::from_secs(30);

/// A Java runtime and its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Java {
    /// The program's absolute path.
    pub path: PathBuf,
    /// The output of `java -version`: version, runtime and VM with their builds.
    pub version_text: String,
    /// 17 for 17.0.15, 8 for 1.8.0.
    pub major: u32,
}

impl Java {
    /// The Java that these two variables name.
    pub(super) fn find(
        java_home: Option<&OsStr>,
        path: Option<&OsStr>,
    ) -> Result<Java, DistributionError> {
        let program = match java_home.filter(|home| !home.is_empty()) {
            Some(home) => {
                let program = Path::new(home).join("bin/java");
                if !is_program(&program) {
                    return Err(DistributionError::BadJavaHome { home: home.into() });
                }
                program
            }
            None => find_program("java", path).ok_or(DistributionError::NoJava)?,
        };
        let program = std::path::absolute(&program)
            .map_err(|e| DistributionError::io(format!("cannot find {}", program.display()), e))?;
        let unreadable =
            |reason| DistributionError::UnreadableJava { path: program.clone(), reason };
        let mut command = Command::new(&program);
        command.args([NO_TRACES, "-version"]);
        let finished = command::run(&Launcher::default(), command, VERSION_LIMIT)
            .map_err(|e| unreadable(e.to_string()))?;
        match parse_version(&finished.output).filter(|_| finished.success) {
            Some((version_text, major)) => Ok(Java { path: program, version_text, major }),
            None => Err(unreadable(format!("{}\n{}", finished.status, finished.tail(5)))),
        }
    }

    /// Fails if it is too old for this Kafka.
    pub(super) fn require(&self, kafka: &str) -> Result<(), DistributionError> {
        let needed = needed_java(kafka);
        if self.major >= needed {
            return Ok(());
        }
        Err(DistributionError::OldJava {
            path: self.path.clone(),
            found: self.major,
            needed,
            kafka: kafka.to_owned(),
        })
    }

    /// The first line of its version: `openjdk version "17.0.15" 2025-04-15`.
    pub fn version_line(&self) -> &str {
        self.version_text.lines().next().unwrap_or_default()
    }
}

/// The text from the version line on (a JVM may mention JAVA_TOOL_OPTIONS first), and the major
/// version in it.
fn parse_version(output: &str) -> Option<(String, u32)> {
    let is_version = |line: &&str| line.contains(" version \"");
    let lines: Vec<&str> = output.lines().skip_while(|line| !is_version(line)).collect();
    let quoted = lines.first()?.split('"').nth(1)?;
    let mut numbers = quoted.split(['.', '-', '+', '_']);
    let first: u32 = numbers.next()?.parse().ok()?;
    // Up to Java 8 the major version came second: 1.8.0_392.
    let major = if first == 1 { numbers.next()?.parse().ok()? } else { first };
    Some((lines.join("\n").trim_end().to_owned(), major))
}

/// The first program of this name on a PATH.
pub(super) fn find_program(name: &str, path: Option<&OsStr>) -> Option<PathBuf> {
    std::env::split_paths(path?)
        .filter(|folder| !folder.as_os_str().is_empty())
        .map(|folder| folder.join(name))
        .find(|program| is_program(program))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::command::fake_program;

    const DEBIAN_17: &str = "openjdk version \"17.0.15\" 2025-04-15\n\
        OpenJDK Runtime Environment (build 17.0.15+6-Debian-1deb12u1)\n\
        OpenJDK 64-Bit Server VM (build 17.0.15+6-Debian-1deb12u1, mixed mode, sharing)\n";

    #[test]
    fn versions_old_and_new_are_understood() {
        for (said, major) in [
            (DEBIAN_17, Some(17)),
            ("java version \"1.8.0_392\"\nJava(TM) SE Runtime", Some(8)),
            ("openjdk version \"11.0.24\" 2024-07-16 LTS", Some(11)),
            ("openjdk version \"21\" 2023-09-19", Some(21)),
            ("openjdk version \"26-ea\" 2026-03-17", Some(26)),
            ("Picked up JAVA_TOOL_OPTIONS: -Dx=\"1\"\nopenjdk version \"17.0.1\"", Some(17)),
            ("java: command not found", None),
            ("openjdk version \"new\"", None),
            ("", None),
        ] {
            assert_eq!(parse_version(said).map(|(_, major)| major), major, "{said}");
        }
    }

    #[test]
    fn the_version_text_leaves_out_what_the_environment_added() {
        let said = format!("Picked up JAVA_TOOL_OPTIONS: -Dx=1\n{DEBIAN_17}");
        assert_eq!(parse_version(&said).unwrap().0, DEBIAN_17.trim_end());
    }

    fn fake_java(folder: &Path, script: &str) {
        fake_program(folder, "java", script);
    }

    const SAYS_17: &str = "echo 'openjdk version \"17.0.15\" 2025-04-15' >&2";
    const SAYS_11: &str = "echo 'openjdk version \"11.0.24\" 2024-07-16' >&2";

    #[test]
    fn java_home_goes_before_path() {
        let root = tempfile::tempdir().unwrap();
        fake_java(&root.path().join("home/bin"), SAYS_17);
        fake_java(&root.path().join("bin"), SAYS_11);
        let (home, path) = (root.path().join("home"), root.path().join("bin"));
        let find = |home| Java::find(home, Some(path.as_os_str())).unwrap();
        assert_eq!(find(Some(home.as_os_str())).path, home.join("bin/java"));
        assert_eq!(find(Some(home.as_os_str())).major, 17);
        assert_eq!(find(None).major, 11);
        assert_eq!(find(Some(OsStr::new(""))).major, 11);
    }

    #[test]
    fn an_empty_path_and_a_wrong_java_home_are_told_apart() {
        let root = tempfile::tempdir().unwrap();
        let empty = Some(root.path().as_os_str());
        assert!(matches!(Java::find(None, empty), Err(DistributionError::NoJava)));
        assert!(matches!(Java::find(None, None), Err(DistributionError::NoJava)));
        let wrong = Java::find(empty, empty);
        assert!(matches!(wrong, Err(DistributionError::BadJavaHome { .. })));
    }

    #[test]
    fn a_java_that_fails_or_says_nonsense_is_shown() {
        let root = tempfile::tempdir().unwrap();
        for script in ["echo no license >&2; exit 1", "echo no license"] {
            fake_java(root.path(), script);
            let error = Java::find(None, Some(root.path().as_os_str())).unwrap_err();
            assert!(matches!(error, DistributionError::UnreadableJava { .. }));
            assert!(error.to_string().contains("no license"), "{error}");
        }
    }

    #[test]
    fn kafka_3_takes_java_11_and_kafka_4_does_not() {
        let root = tempfile::tempdir().unwrap();
        fake_java(root.path(), SAYS_11);
        let java = Java::find(None, Some(root.path().as_os_str())).unwrap();
        java.require("3.8.1").unwrap();
        let error = java.require("4.4.0").unwrap_err();
        assert!(matches!(error, DistributionError::OldJava { found: 11, needed: 17, .. }));
    }
}
