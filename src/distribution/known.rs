//! The Kafka versions whose checksums the repository has, and what each Kafka line needs.

use crate::model::Feature;

/// A version and its list of checksums.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// `3.8.1`.
    pub version: &'static str,
    /// The text of `locks/kafka-VERSION.lock`.
    pub lock: &'static str,
}

const KNOWN: &[Known] = &[
    Known { version: "3.8.1", lock: include_str!("locks/kafka-3.8.1.lock") },
    Known { version: "4.4.0", lock: include_str!("locks/kafka-4.4.0.lock") },
];

pub(super) fn known(version: &str) -> Option<Known> {
    KNOWN.iter().copied().find(|known| known.version == version)
}

/// Whether this version can be fetched, because the repository has its checksums.
pub(crate) fn is_known(version: &str) -> bool {
    known(version).is_some()
}

pub(crate) const KNOWN_VERSIONS: &[&str] = &{
    let mut versions = [""; KNOWN.len()];
    let mut i = 0;
    while i < versions.len() {
        versions[i] = KNOWN[i].version;
        i += 1;
    }
    versions
};

pub fn known_versions() -> impl Iterator<Item = &'static str> {
    KNOWN_VERSIONS.iter().copied()
}

/// What a broker logs through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LogBackend {
    /// log4j 1's successor, up to Kafka 3.
    Reload4j,
    /// log4j 2, since Kafka 4.
    Log4j2,
}

fn is_new(version: &str) -> bool {
    Feature::Log4j2AndJava17.is_in(version)
}

pub(super) fn log_backend(version: &str) -> LogBackend {
    if is_new(version) { LogBackend::Log4j2 } else { LogBackend::Reload4j }
}

/// The lowest major version of Java that runs this version's brokers.
pub(super) fn needed_java(version: &str) -> u32 {
    if is_new(version) { 17 } else { 11 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::lock::Lock;

    #[test]
    fn every_known_version_has_a_list_with_the_broker_and_its_log_backend() {
        for version in known_versions() {
            let lock = Lock::parse(known(version).unwrap().lock).unwrap();
            let names: Vec<&str> = lock.names().collect();
            assert!(names.contains(&format!("kafka_2.13-{version}.jar").as_str()), "{version}");
            let backend = match log_backend(version) {
                LogBackend::Reload4j => "slf4j-reload4j-",
                LogBackend::Log4j2 => "log4j-slf4j-impl-",
            };
            assert!(names.iter().any(|name| name.starts_with(backend)), "{version}");
        }
    }

    #[test]
    fn each_line_of_kafka_has_its_own_backend_and_java() {
        for (version, backend, java) in [
            ("3.8.1", LogBackend::Reload4j, 11),
            ("3.9.1", LogBackend::Reload4j, 11),
            ("4.0.0", LogBackend::Log4j2, 17),
            ("4.4.0", LogBackend::Log4j2, 17),
            ("trunk", LogBackend::Log4j2, 17),
        ] {
            assert_eq!(log_backend(version), backend, "{version}");
            assert_eq!(needed_java(version), java, "{version}");
        }
    }

    #[test]
    fn only_versions_with_a_list_are_known() {
        assert!(is_known("3.8.1") && is_known("4.4.0"));
        assert!(!is_known("3.8") && !is_known("") && !is_known("3.8.2"));
    }
}
