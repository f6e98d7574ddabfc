//! Kafka's releases, and what each can do: the one table of features by version.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A release of Kafka as far as it is known: `3.8.1`, or `3.8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Release {
    major: u16,
    minor: u16,
    patch: Option<u16>,
}

/// What depends on Kafka's release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feature {
    /// KRaft's controller elects an unclean leader by the topic's setting alone.
    UncleanElection,
    /// The cluster can keep eligible leader replicas.
    EligibleLeaderReplicas,
    /// New clusters keep them by default.
    EligibleLeaderReplicasOn,
    /// Share groups, whose topic has its own replication factor.
    ShareGroups,
    /// A broker logs through log4j 2, and needs Java 17.
    Log4j2AndJava17,
}

/// A feature, the first release that has it, its description, and the source.
#[derive(Debug)]
#[cfg_attr(not(test), expect(dead_code, reason = "docs/architecture.md has the words"))]
pub(super) struct Since {
    feature: Feature,
    release: (u16, u16),
    pub words: &'static str,
    pub source: &'static str,
}

/// docs/architecture.md has the same table.
pub(super) const FEATURES: &[Since] = &[
    Since {
        feature: Feature::UncleanElection,
        release: (3, 9),
        words: "the controller elects by `unclean.leader.election.enable` alone, at the latest after \
                `unclean.leader.election.interval.ms`",
        source: "KAFKA-12670; upgrade notes of 3.9.0",
    },
    Since {
        feature: Feature::EligibleLeaderReplicas,
        release: (4, 0),
        words: "eligible leader replicas, where `eligible.leader.replicas.version` is 1",
        source: "KIP-966; EligibleLeaderReplicasVersion.java",
    },
    Since {
        feature: Feature::EligibleLeaderReplicasOn,
        release: (4, 1),
        words: "new clusters have `eligible.leader.replicas.version` 1",
        source: "KIP-966; EligibleLeaderReplicasVersion.java",
    },
    Since {
        feature: Feature::ShareGroups,
        release: (4, 0),
        words: "share groups, with their own topic",
        source: "KIP-932",
    },
    Since {
        feature: Feature::Log4j2AndJava17,
        release: (4, 0),
        words: "brokers log through log4j 2 and need Java 17",
        source: "KIP-653, KIP-1013",
    },
];

/// The highest `metadata.version` that the brokers of each release know. A level belongs to one
/// release for ever. Source: `MetadataVersion.java` of 4.4.0, whose newest production level is 33.
const METADATA_LEVELS: &[(std::ops::RangeInclusive<i16>, (u16, u16))] = &[
    (4..=7, (3, 3)),
    (8..=8, (3, 4)),
    (9..=11, (3, 5)),
    (12..=14, (3, 6)),
    (15..=19, (3, 7)),
    (20..=20, (3, 8)),
    (21..=21, (3, 9)),
    (22..=25, (4, 0)),
    (26..=27, (4, 1)),
    (28..=29, (4, 2)),
    (30..=30, (4, 3)),
    (31..=33, (4, 4)),
];

impl Release {
    /// `3.8` or `3.8.1`; what follows a dash (`3.8.1-ccs`) is ignored.
    pub fn parse(text: &str) -> Option<Release> {
        let numbers = text.split('-').next().unwrap_or(text);
        let mut numbers = numbers.split('.').map(|number| number.parse::<u16>().ok());
        let (major, minor) = (numbers.next()??, numbers.next()??);
        let patch = match numbers.next() {
            Some(patch) => Some(patch?),
            None => None,
        };
        numbers.next().is_none().then_some(Release { major, minor, patch })
    }

    /// The release in a Confluent Platform version: 7.x is Kafka 3.x, 8.x is 4.x. Its third number
    /// is not Kafka's.
    pub fn of_confluent(text: &str) -> Option<Release> {
        let own = Release::parse(text).filter(|own| (7..=8).contains(&own.major))?;
        Some(Release { major: own.major - 4, minor: own.minor, patch: None })
    }

    /// The release whose brokers know this `metadata.version` and no higher one.
    pub fn of_metadata_level(level: i16) -> Option<Release> {
        let found = METADATA_LEVELS.iter().find(|(levels, _)| levels.contains(&level));
        found.map(|&(_, (major, minor))| Release { major, minor, patch: None })
    }

    /// Whether both can be the same release, as far as they are known.
    pub fn agrees(self, other: Release) -> bool {
        let line = |release: Release| (release.major, release.minor);
        let patches = self.patch.zip(other.patch);
        line(self) == line(other) && patches.is_none_or(|(one, two)| one == two)
    }

    /// Whether all three numbers are known.
    pub fn is_exact(self) -> bool {
        self.patch.is_some()
    }
}

impl Feature {
    /// Whether Kafka of this version has it. What names no release counts as the newest.
    pub(crate) fn is_in(self, version: &str) -> bool {
        let since = FEATURES.iter().find(|since| since.feature == self);
        let has = |release: Release| {
            since.is_some_and(|since| (release.major, release.minor) >= since.release)
        };
        Release::parse(version).is_none_or(has)
    }
}

impl From<Release> for String {
    fn from(release: Release) -> String {
        release.to_string()
    }
}

impl TryFrom<String> for Release {
    type Error = String;

    fn try_from(text: String) -> Result<Release, String> {
        Release::parse(&text).ok_or_else(|| format!("`{text}` is not a Kafka release"))
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        self.patch.map_or(Ok(()), |patch| write!(f, ".{patch}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(text: &str) -> Release {
        Release::parse(text).expect(text)
    }

    #[test]
    fn two_or_three_numbers_name_a_release() {
        for (text, expected) in [
            ("3.8.1", Some("3.8.1")),
            ("3.8", Some("3.8")),
            ("3.8.1-debian-12-r0", Some("3.8.1")),
            ("4.4.0-rc1", Some("4.4.0")),
            ("3", None),
            ("latest", None),
            ("3.x", None),
            ("3.8.1.2", None),
            ("3.8.x", None),
            ("", None),
        ] {
            let found = Release::parse(text).map(|release| release.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn confluents_platform_is_four_ahead_and_its_patches_are_its_own() {
        for (text, expected) in [
            ("7.8.0", Some("3.8")),
            ("8.1.0", Some("4.1")),
            ("7.6.1-1-ubi8", Some("3.6")),
            ("6.2.0", None),
            ("9.0.0", None),
            ("latest", None),
        ] {
            let found = Release::of_confluent(text).map(|release| release.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_level_of_the_metadata_tells_the_release() {
        for (level, expected) in
            [(20, Some("3.8")), (21, Some("3.9")), (27, Some("4.1")), (33, Some("4.4")), (3, None)]
        {
            let found = Release::of_metadata_level(level).map(|release| release.to_string());
            assert_eq!(found.as_deref(), expected, "{level}");
        }
        // Nothing is known about a future release.
        assert_eq!(Release::of_metadata_level(34), None);
        let all: Vec<i16> = METADATA_LEVELS.iter().flat_map(|(levels, _)| levels.clone()).collect();
        assert_eq!(all, (4..=33).collect::<Vec<_>>());
    }

    #[test]
    fn features_begin_with_their_release() {
        for (feature, without, with) in [
            (Feature::UncleanElection, "3.8.1", "3.9.0"),
            (Feature::EligibleLeaderReplicas, "3.9", "4.0.0"),
            (Feature::EligibleLeaderReplicasOn, "4.0.1", "4.1"),
            (Feature::ShareGroups, "3.9.1", "4.0"),
            (Feature::Log4j2AndJava17, "3.10", "10.0"),
        ] {
            assert!(!feature.is_in(without) && feature.is_in(with), "{feature:?}");
            assert!(feature.is_in("trunk"), "what names no release counts as the newest");
        }
    }

    #[test]
    fn releases_agree_as_far_as_they_are_known() {
        for (one, other, expected) in [
            ("3.8", "3.8.1", true),
            ("3.8.1", "3.8.1", true),
            ("3.8.0", "3.8.1", false),
            ("3.8", "3.9", false),
            ("3.8.1", "4.8.1", false),
        ] {
            assert_eq!(release(one).agrees(release(other)), expected, "{one} {other}");
        }
    }

    #[test]
    fn the_documentation_has_the_same_table() {
        let page = include_str!("../../docs/architecture.md");
        for Since { release: (major, minor), words, source, .. } in FEATURES {
            let row = format!("| {major}.{minor} | {words} | {source} |");
            assert!(page.contains(&row), "docs/architecture.md has no {row}");
        }
    }
}
