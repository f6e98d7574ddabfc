//! Brokers log to standard output, each line with its date, whichever backend the version has.

use super::known::{LogBackend, log_backend};
use std::fs;
use std::io;
use std::path::Path;

const RELOAD4J: &str = include_str!("log4j.properties");
const LOG4J2: &str = include_str!("log4j2.properties");

/// File name and text of the configuration that this version reads.
pub(super) fn config(version: &str) -> (&'static str, &'static str) {
    match log_backend(version) {
        LogBackend::Reload4j => ("log4j.properties", RELOAD4J),
        LogBackend::Log4j2 => ("log4j2.properties", LOG4J2),
    }
}

pub(super) fn write(version: &str, folder: &Path) -> io::Result<()> {
    let (name, text) = config(version);
    fs::write(folder.join(name), text)
}

/// The JVM options that select the configuration in `folder`.
pub(super) fn args(version: &str, folder: &Path) -> Vec<String> {
    let file = folder.join(config(version).0);
    let property = match log_backend(version) {
        LogBackend::Reload4j => format!("-Dlog4j.configuration=file:{}", file.display()),
        LogBackend::Log4j2 => format!("-Dlog4j2.configurationFile={}", file.display()),
    };
    vec![property]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_kafka_is_pointed_at_its_own_file() {
        let folder = tempfile::tempdir().unwrap();
        for (version, name) in [("3.8.1", "log4j.properties"), ("4.4.0", "log4j2.properties")] {
            write(version, folder.path()).unwrap();
            let file = folder.path().join(name);
            assert!(fs::read_to_string(&file).unwrap().contains("INFO"));
            let args = args(version, folder.path());
            assert!(args[0].ends_with(file.to_str().unwrap()), "{args:?}");
        }
    }
}
