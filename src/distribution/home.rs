//! An unpacked Kafka release, from KAFKA_HOME or `--kafka-home`.

use super::error::DistributionError;
use super::stamp::jars_in;
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(super) struct Home {
    /// From the name of the broker's jar.
    pub version: String,
    /// `libs/*.jar` as absolute paths, sorted bytewise.
    pub jars: Vec<PathBuf>,
}

/// Reads `DIR/libs`. The jars are not checked: whoever names a folder vouches for it.
pub(super) fn read(home: &Path) -> Result<Home, DistributionError> {
    let wrong = |reason: String| DistributionError::NoKafkaHome { home: home.into(), reason };
    let libs = std::path::absolute(home.join("libs"))
        .map_err(|e| wrong(format!("its path cannot be determined: {e}")))?;
    let jars = jars_in(&libs).map_err(|e| wrong(format!("cannot read {}: {e}", libs.display())))?;
    let versions: Vec<&str> = jars
        .iter()
        .filter_map(|jar| jar.file_name().and_then(|name| name.to_str()))
        .filter_map(broker_version)
        .collect();
    let version = match versions[..] {
        [version] => version.to_owned(),
        [] => {
            return Err(wrong(
                "libs has no kafka_2.13-VERSION.jar or kafka_2.12-VERSION.jar".into(),
            ));
        }
        _ => return Err(wrong(format!("libs has several brokers: {}", versions.join(", ")))),
    };
    Ok(Home { version, jars })
}

/// `3.8.1` for `kafka_2.13-3.8.1.jar`; nothing for other jars and for sources or tests.
fn broker_version(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("kafka_2.13-").or_else(|| name.strip_prefix("kafka_2.12-"))?;
    let version = rest.strip_suffix(".jar")?;
    const OTHER: [&str; 5] = ["-sources", "-javadoc", "-scaladoc", "-test", "-test-sources"];
    let is_broker = !OTHER.iter().any(|suffix| version.ends_with(suffix));
    (is_broker && version.starts_with(|first: char| first.is_ascii_digit())).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn release(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("libs")).unwrap();
        for name in names {
            fs::write(folder.path().join("libs").join(name), "").unwrap();
        }
        folder
    }

    #[test]
    fn the_version_stands_in_the_name_of_the_brokers_jar() {
        for (jars, version) in [
            (&["kafka-clients-3.8.1.jar", "kafka_2.13-3.8.1.jar"][..], "3.8.1"),
            (&["kafka_2.12-3.6.0.jar"], "3.6.0"),
            (&["kafka_2.13-4.1.0-rc1.jar"], "4.1.0-rc1"),
            (&["kafka_2.13-3.8.1-sources.jar", "kafka_2.13-3.8.1.jar"], "3.8.1"),
        ] {
            let release = release(jars);
            let home = read(release.path()).unwrap();
            assert_eq!(home.version, version);
            assert_eq!(home.jars.len(), jars.len());
        }
    }

    #[test]
    fn a_folder_without_exactly_one_broker_is_refused_with_the_reason() {
        let nothing = tempfile::tempdir().unwrap();
        let text = read(nothing.path()).unwrap_err().to_string();
        assert!(text.contains("cannot read") && text.contains("libs"), "{text}");
        let clients = release(&["kafka-clients-3.8.1.jar", "kafka_2.13-.jar"]);
        let text = read(clients.path()).unwrap_err().to_string();
        assert!(text.contains("has no kafka_2.13-VERSION.jar"), "{text}");
        let two = release(&["kafka_2.13-3.8.1.jar", "kafka_2.13-3.9.0.jar"]);
        let text = read(two.path()).unwrap_err().to_string();
        assert!(text.contains("several brokers: 3.8.1, 3.9.0"), "{text}");
    }
}
