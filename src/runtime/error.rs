//! [`RuntimeError`]: why nodes do not run as they should; [`Stop`]: why something ended early.

use crate::distribution::DistributionError;
use crate::exit::{Exit, Interrupt};
use std::io;

/// The environment failed (exit code 4).
#[derive(Debug, thiserror::Error)]
#[error("{what}{}", .advice.as_deref().map(|a| format!("\n  help: {a}")).unwrap_or_default())]
pub struct RuntimeError {
    /// What failed, and why.
    pub what: String,
    /// What a person can do.
    pub advice: Option<String>,
    #[source]
    pub source: Option<io::Error>,
}

impl RuntimeError {
    /// Without advice.
    pub fn new(what: impl Into<String>) -> Self {
        RuntimeError { what: what.into(), advice: None, source: None }
    }

    /// What failed and the operating system's reason, in one line.
    pub fn io(what: impl std::fmt::Display, source: io::Error) -> Self {
        RuntimeError { what: format!("{what}: {source}"), advice: None, source: Some(source) }
    }

    /// Adds what a person can do about it.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

impl From<DistributionError> for RuntimeError {
    fn from(error: DistributionError) -> Self {
        let plain = RuntimeError::new(error.to_string());
        match error.advice() {
            Some(advice) => plain.advise(advice),
            None => plain,
        }
    }
}

/// Why something ended before its time.
#[derive(Debug)]
pub enum Stop {
    Interrupted(Exit),
    Failed(RuntimeError),
}

impl Stop {
    /// Fails if an interrupt was requested.
    pub fn if_asked(interrupt: &Interrupt) -> Result<(), Stop> {
        interrupt.asked().map_or(Ok(()), |exit| Err(Stop::Interrupted(exit)))
    }
}

impl From<RuntimeError> for Stop {
    fn from(error: RuntimeError) -> Self {
        Stop::Failed(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_missing_tool_is_named_with_what_to_install() {
        let cases = [
            (DistributionError::NoJava, "`java`", "apt-get install openjdk-17-jre-headless"),
            (
                DistributionError::NoMaven { version: "3.8.1".into() },
                "`mvn`",
                "apt-get install maven",
            ),
            (
                DistributionError::OldJava {
                    path: "/opt/java/bin/java".into(),
                    found: 11,
                    needed: 17,
                    kafka: "4.4.0".into(),
                },
                "/opt/java/bin/java is Java 11, and Kafka 4.4.0 needs Java 17",
                "apt-get install openjdk-17-jre-headless",
            ),
        ];
        for (error, what, advice) in cases {
            let text = RuntimeError::from(error).to_string();
            assert!(text.contains(what), "{text}");
            assert!(text.contains("\n  help: ") && text.contains(advice), "{text}");
        }
    }

    #[test]
    fn an_unknown_version_is_told_the_known_ones_and_the_way_around() {
        let error =
            DistributionError::UnknownVersion { version: "3.2.0".into(), known: "3.8.1".into() };
        let text = RuntimeError::from(error).to_string();
        assert!(text.contains("Kafka 3.2.0") && text.contains("known versions: 3.8.1"), "{text}");
        assert!(text.contains("--kafka-home"), "{text}");
    }
}
