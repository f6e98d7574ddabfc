//! A known version's jars, fetched by the user's own Maven and checked against the checksums.

use super::command::{self, Finished, Launcher};
use super::error::DistributionError;
use super::java::NO_TRACES;
use super::known::{LogBackend, log_backend};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const POM: &str = include_str!("pom.xml");
/// Named in full, so that Maven need not look for the newest version.
const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies";
/// 45 MB over a slow line; after this the user should hear that it hangs.
const FETCH_LIMIT: Duration = Duration::from_secs(900);

/// Copies the jars of this version into `libs`, with `work` for the pom. The user's own Maven
/// settings (mirrors, proxies, local repository) are in force. `came` hears the name of each file
/// that was downloaded.
///
/// # Errors
/// When Maven cannot be started or fails.
pub(super) fn fetch(
    launcher: &Launcher,
    mvn: &Path,
    version: &str,
    work: &Path,
    libs: &Path,
    came: &mut dyn FnMut(&str),
) -> Result<(), DistributionError> {
    let pom = work.join("pom.xml");
    fs::write(&pom, POM)
        .map_err(|e| DistributionError::io(format!("cannot write {}", pom.display()), e))?;
    let profile = match log_backend(version) {
        LogBackend::Reload4j => "-Preload4j",
        LogBackend::Log4j2 => "-Plog4j2",
    };
    let mut command = Command::new(mvn);
    command
        .args(["-B", "-Dstyle.color=never", profile, COPY, "-DincludeScope=runtime"])
        .arg(format!("-Dkafka.version={version}"))
        .arg(format!("-DoutputDirectory={}", libs.display()))
        .arg("-f")
        .arg(&pom)
        .current_dir(work);
    let own = std::env::var("MAVEN_OPTS").unwrap_or_default();
    command.env("MAVEN_OPTS", format!("{own} {NO_TRACES}"));
    let mut heard = |line: &str| downloaded(line).into_iter().for_each(&mut *came);
    let finished = command::run_heard(launcher, command, FETCH_LIMIT, &mut heard)
        .map_err(|e| DistributionError::io(format!("cannot run {}", mvn.display()), e))?;
    if finished.success {
        return Ok(());
    }
    Err(DistributionError::Maven {
        version: version.to_owned(),
        status: finished.status.clone(),
        output: telling_lines(&finished),
    })
}

/// The file of a line of Maven's: `[INFO] Downloaded from central: https://…/a-1.jar (5.2 MB at …)`.
fn downloaded(line: &str) -> Option<&str> {
    let (_, address) = line.strip_prefix("[INFO] Downloaded from ")?.split_once(": ")?;
    address.split(' ').next()?.rsplit('/').next()
}

/// Maven states the error in a line or two, and adds a screenful on how to debug Maven.
fn telling_lines(finished: &Finished) -> String {
    const LINES_MAX: usize = 8;
    const GENERAL: [&str; 4] =
        ["To see the full stack trace", "Re-run Maven", "For more information", "[Help "];
    let errors: Vec<&str> = finished
        .output
        .lines()
        .filter_map(|line| line.strip_prefix("[ERROR] "))
        .map(|line| line.split(" -> [Help ").next().unwrap_or(line).trim())
        .filter(|line| !line.is_empty() && !GENERAL.iter().any(|text| line.starts_with(text)))
        .take(LINES_MAX)
        .collect();
    if errors.is_empty() {
        let words = finished.output.lines().filter(|line| !line.starts_with("[INFO]"));
        command::tail(words, LINES_MAX)
    } else {
        command::tail(errors.into_iter(), LINES_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::command::fake_program;

    fn fake_maven(folder: &Path, script: &str) -> std::path::PathBuf {
        fake_program(folder, "mvn", script)
    }

    /// What becomes of it, and the files that came.
    fn fetched(
        mvn: &Path,
        work: &Path,
        version: &str,
    ) -> (Result<(), DistributionError>, Vec<String>) {
        let mut came = Vec::new();
        let mut note = |file: &str| came.push(file.to_owned());
        let libs = work.join("libs");
        let result = fetch(&Launcher::default(), mvn, version, work, &libs, &mut note);
        (result, came)
    }

    #[test]
    fn files_are_told_as_they_come() {
        let work = tempfile::tempdir().unwrap();
        let script = "cat <<'END'\n\
            [INFO] Downloading from central: https://a.b/maven2/x/1/x-1.jar\n\
            [INFO] Downloaded from central: https://a.b/maven2/x/1/x-1.jar (5.2 MB at 1.2 MB/s)\n\
            [INFO] Copying x-1.jar to libs\n\
            END";
        let mvn = fake_maven(work.path(), script);
        let (result, came) = fetched(&mvn, work.path(), "3.8.1");
        result.unwrap();
        assert_eq!(came, ["x-1.jar"]);
    }

    #[test]
    fn maven_is_told_version_backend_and_folder() {
        let work = tempfile::tempdir().unwrap();
        let mvn = fake_maven(work.path(), "printf '%s\\n' \"$@\" > arguments");
        for (version, profile) in [("3.8.1", "-Preload4j"), ("4.4.0", "-Plog4j2")] {
            fetched(&mvn, work.path(), version).0.unwrap();
            let said = fs::read_to_string(work.path().join("arguments")).unwrap();
            let arguments: Vec<&str> = said.lines().collect();
            assert!(arguments.contains(&profile), "{said}");
            assert!(arguments.contains(&format!("-Dkafka.version={version}").as_str()), "{said}");
            let folder = format!("-DoutputDirectory={}/libs", work.path().display());
            assert!(arguments.contains(&folder.as_str()), "{said}");
            assert_eq!(fs::read_to_string(work.path().join("pom.xml")).unwrap(), POM);
        }
    }

    #[test]
    fn a_failure_shows_the_lines_that_tell_why_and_no_others() {
        let work = tempfile::tempdir().unwrap();
        let script = "cat <<'END'\n\
            [ERROR] Failed to execute goal: Could not transfer artifact x:y: no route -> [Help 1]\n\
            [ERROR] \n\
            [ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.\n\
            [ERROR] Re-run Maven using the -X switch to enable full debug logging.\n\
            END\n\
            exit 1";
        let mvn = fake_maven(work.path(), script);
        let error = fetched(&mvn, work.path(), "3.8.1").0.unwrap_err();
        assert_eq!(
            error.to_string(),
            "mvn could not fetch Kafka 3.8.1 (exit status: 1):\n    \
             Failed to execute goal: Could not transfer artifact x:y: no route"
        );
        assert!(error.advice().unwrap().contains("--kafka-home"));
    }

    #[test]
    fn a_failure_without_error_lines_shows_the_end_of_the_output() {
        let work = tempfile::tempdir().unwrap();
        let mvn = fake_maven(work.path(), "echo The JAVA_HOME variable is wrong >&2; exit 1");
        let error = fetched(&mvn, work.path(), "3.8.1").0.unwrap_err();
        assert!(error.to_string().ends_with("    The JAVA_HOME variable is wrong"), "{error}");
    }
}
