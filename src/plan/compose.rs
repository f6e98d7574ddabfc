//! The scenario's compose file. It is read before the plan is made, so that its problems come out
//! with the scenario's own.

use super::make::Maker;
use super::words::UNKNOWN_KAFKA;
use crate::compose::{self, KafkaCluster};
use crate::model::{Controllers, Release};
use crate::scenario::{BROKER_FOR_TOPICS, Scenario};
use crate::yaml::{Diagnostic, Diagnostics};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A compose file and its Kafka nodes.
pub(super) struct Composed {
    /// Relative to the current directory.
    pub path: PathBuf,
    pub cluster: KafkaCluster,
}

/// Reads the compose file that the scenario names. If it is broken, adds its problems, and marks
/// what it would have decided as broken.
pub(super) fn read(scenario: &mut Scenario, problems: &mut Vec<Diagnostic>) -> Option<Composed> {
    let written = scenario.cluster.compose.as_ref()?;
    let path = match written.place.argument {
        // An argument is relative to where the tool is called.
        Some(_) => PathBuf::from(&written.value),
        None => Path::new(&scenario.source.name).with_file_name("").join(&written.value),
    };
    let found = match path.is_file() {
        true => compose::read_file(&path)
            .and_then(|compose| compose::kafka(&compose, scenario.cluster.flavour)),
        false => {
            let (message, help) = match path.is_dir() {
                true => (
                    format!("{} is a folder, not a compose file", path.display()),
                    "name the file in it, as in `docker/compose.yaml`",
                ),
                false => (
                    format!("there is no compose file {}", path.display()),
                    "its path is relative to the scenario's folder",
                ),
            };
            let problem = scenario.source.problem(written.place, message).help(help);
            Err(Diagnostics::new(vec![problem]))
        }
    };
    match found {
        Ok(cluster) => Some(Composed { path, cluster }),
        Err(mut found) => {
            problems.append(&mut found.list);
            for name in ["kafka", "brokers", "controllers"] {
                scenario.broken.insert(name.to_owned());
            }
            None
        }
    }
}

impl Composed {
    /// The brokers' ids, ascending.
    pub(super) fn broker_ids(&self) -> Vec<i32> {
        self.cluster.brokers().map(|node| node.id).collect()
    }

    /// Combined if each controller is a broker, too.
    pub(super) fn controllers(&self) -> Controllers {
        match self.cluster.controllers().all(|node| node.is_broker) {
            true => Controllers::Combined,
            false => Controllers::Isolated,
        }
    }

    /// The values that its nodes give a property.
    pub(super) fn values(&self, property: &str) -> BTreeSet<String> {
        let values = self.cluster.nodes.iter().filter_map(|node| node.property(property));
        values.map(|value| value.trim().to_owned()).collect()
    }
}

/// Checks that the scenario agrees with its compose file; returns Kafka's version.
pub(super) fn check(maker: &mut Maker<'_>, composed: &Composed) -> String {
    let section = &maker.scenario.cluster;
    let file = &composed.cluster.file;
    for note in &composed.cluster.notes {
        maker.note(format!("{file}: {note}"));
    }
    note_topics_own(maker, composed);
    let brokers = composed.broker_ids().len();
    if let Some(place) = section.places.brokers
        && usize::from(section.brokers) != brokers
    {
        let message = format!("`brokers` is {}, but {file} has {brokers}", section.brokers);
        maker.report(place, message, "remove it: the compose file sets it");
    }
    if let Some(place) = section.places.controllers
        && section.controllers != composed.controllers()
    {
        let (written, found) = match section.controllers {
            Controllers::Combined => ("combined", "not all controllers are brokers"),
            Controllers::Isolated => ("isolated", "every controller is a broker, too"),
        };
        let message = format!("`controllers` is `{written}`, but in {file} {found}");
        maker.report(place, message, "remove it: the compose file sets it");
    }
    let written = Release::parse(&section.kafka);
    match (section.places.kafka, composed.cluster.release()) {
        (Some(place), Some(told)) if !written.is_some_and(|written| written.agrees(told)) => {
            let message = format!("`kafka` is {}, but the image holds Kafka {told}", section.kafka);
            maker.report(place, message, "remove it: the image says it");
            section.kafka.clone()
        }
        (Some(_), _) => section.kafka.clone(),
        (None, Some(told)) => told.to_string(),
        (None, None) => {
            let images: Vec<String> = composed.cluster.images().into_iter().collect();
            maker.note(format!(
                "{file}: Kafka version unknown (image {}): the brokers are asked once they run; \
                 `cluster.kafka` says it before",
                images.join(", ")
            ));
            UNKNOWN_KAFKA.to_owned()
        }
    }
}

/// Some of the file's properties are only defaults for topics, and every topic of a scenario has
/// its own: users who rely on them must know.
fn note_topics_own(maker: &mut Maker<'_>, composed: &Composed) {
    let scenario = maker.scenario;
    for (broker, topics) in BROKER_FOR_TOPICS {
        let values: Vec<String> = composed.values(broker).into_iter().collect();
        let is_axis = scenario.matrix.iter().any(|axis| axis.property == *topics);
        if values.is_empty() || is_axis || scenario.topic.contains_key(*topics) {
            continue;
        }
        maker.note(format!(
            "{}: its {broker}={} has no effect, because every topic sets its own {topics}: \
             write `topic.{topics}`",
            composed.cluster.file,
            values.join(" and ")
        ));
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{Controllers, Flavour};
    use crate::plan::{Plan, from_text};
    use crate::yaml::Diagnostics;

    /// The plan of a scenario beside the compose files of the tests.
    fn plan(cluster: &str, rest: &str, overrides: &[&str]) -> Result<Plan, Diagnostics> {
        let text =
            format!("name: x\nduration: 60s\nexpect: {{lost: 0}}\ncluster:\n{cluster}{rest}");
        let overrides: Vec<String> = overrides.iter().map(|o| (*o).to_owned()).collect();
        from_text("tests/compose/scenario.yaml", &text, &overrides, Some(1))
    }

    fn sound(cluster: &str, rest: &str, overrides: &[&str]) -> Plan {
        plan(cluster, rest, overrides).unwrap_or_else(|problems| panic!("{problems}"))
    }

    /// `file:line:column message` of every problem.
    fn problems(cluster: &str, rest: &str) -> Vec<String> {
        let list = plan(cluster, rest, &[]).err().map_or_else(Vec::new, |problems| problems.list);
        let told = |p: &crate::yaml::Diagnostic| {
            let file = p.file.rsplit('/').next().unwrap_or_default().to_owned();
            format!("{file}:{}:{} {}", p.line, p.column, p.message)
        };
        list.iter().map(told).collect()
    }

    #[test]
    fn the_compose_file_says_how_many_brokers_there_are_and_which() {
        let plan = sound(
            "  compose: apache.yml\n  flavour: apache\n",
            "topic: {partitions: 2, replication.factor: 2}\nfaults:\n  \
             - {pause: [leader, 'broker:3'], at: 5s, for: 1 session}\n",
            &[],
        );
        let cluster = &plan.cluster;
        assert_eq!((cluster.brokers, cluster.broker_ids.as_slice()), (3, [1, 2, 3].as_slice()));
        assert_eq!(cluster.controllers, Controllers::Combined);
        assert_eq!(cluster.kafka, "3.9.0");
        assert_eq!(cluster.flavour, Some(Flavour::Apache));
        assert_eq!(cluster.compose.as_deref(), Some("tests/compose/apache.yml".as_ref()));
        assert_eq!(plan.cells[0].topic.placement, [[1, 2], [2, 3]]);
        assert_eq!(plan.faults[0].to_string(), "pause leader, broker:3 at 5 s for 6 s");
        assert_eq!(
            plan.notes,
            [
                "tests/compose/apache.yml: `topics` is not a Kafka node: it is not started",
                "2 of 3 controllers stand still from 5 s to 11 s: no leader is elected meanwhile"
            ]
        );
    }

    #[test]
    fn an_argument_names_the_file_from_where_the_tool_is_called() {
        let plan = sound("  brokers: 3\n", "", &["cluster.compose=tests/compose/apache.yml"]);
        assert_eq!(plan.cluster.broker_ids, [1, 2, 3]);
    }

    #[test]
    fn the_images_tag_tells_kafkas_version_and_nothing_is_assumed() {
        let plan = sound("  compose: confluent-8.yml\n  timing: fast\n", "", &[]);
        assert_eq!(plan.cluster.kafka, "4.1");
        assert!(plan.cluster.config.contains_key("unclean.leader.election.interval.ms"));
        assert_eq!(plan.notes, [""; 0]);

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("compose.yml");
        let file = include_str!("../../tests/compose/confluent-8.yml");
        std::fs::write(&path, file.replace("cp-kafka:8.1.0", "cp-kafka:latest")).unwrap();
        let compose = format!("cluster.compose={}", path.display());
        let plan = sound("  brokers: 3\n", "", &[&compose]);
        assert_eq!(plan.cluster.kafka, "unknown");
        assert_eq!(plan.cluster.release(), None);
        let told = "Kafka version unknown (image confluentinc/cp-kafka:latest)";
        assert!(plan.notes[0].contains(told), "{:?}", plan.notes);
        let plan = sound("  kafka: 4.1.0\n", "", &[&compose]);
        assert_eq!((plan.cluster.kafka.as_str(), plan.notes.len()), ("4.1.0", 0));
    }

    #[test]
    fn its_clocks_go_before_kafkas_own_and_behind_the_scenarios() {
        const SESSION: &str = "broker.session.timeout.ms";
        for (more, session_ms) in [
            ("", 6000),
            ("  timing: stock\n", 6000),
            ("  timing: fast\n", 2000),
            ("  config: {broker.session.timeout.ms: 5000}\n", 5000),
        ] {
            let plan = sound(&format!("  compose: apache.yml\n{more}"), "", &[]);
            assert_eq!(plan.cluster.clocks.session_ms, session_ms, "{more}");
            assert_eq!(plan.cluster.config[SESSION], session_ms.to_string(), "{more}");
            let noted = plan.notes.iter().any(|note| note.contains(SESSION));
            assert_eq!(noted, session_ms == 2000, "{more}: {:?}", plan.notes);
        }
    }

    #[test]
    fn what_contradicts_the_compose_file_is_told_where_it_stands() {
        for (more, rest, expected) in [
            (
                "  brokers: 5\n",
                "",
                "scenario.yaml:6:12 `brokers` is 5, but tests/compose/apache.yml has 3",
            ),
            (
                "  controllers: isolated\n",
                "",
                "scenario.yaml:6:16 `controllers` is `isolated`, but in tests/compose/apache.yml \
                 every controller is a broker, too",
            ),
            (
                "  kafka: 3.8.1\n",
                "",
                "scenario.yaml:6:10 `kafka` is 3.8.1, but the image holds Kafka 3.9.0",
            ),
            (
                "",
                "faults: [{kill: 'broker:0', at: 1s, for: 1s}]\n",
                "scenario.yaml:6:17 there is no `broker:0`",
            ),
            ("  flavour: debian\n", "", "scenario.yaml:6:12 `flavour` cannot be `debian`"),
        ] {
            let told = problems(&format!("  compose: apache.yml\n{more}"), rest);
            assert_eq!(told, [expected]);
        }
        let told = problems("  compose: apache.yml\n  flavour: bitnami\n", "");
        assert!(told[0].starts_with("apache.yml:15:3 `kafka-1` "), "{told:#?}");
    }

    #[test]
    fn a_missing_or_broken_compose_file_makes_no_other_problems() {
        let faults =
            "topic: {replication.factor: 5}\nfaults: [{kill: 'broker:7', at: 1s, for: 1s}]\n";
        assert_eq!(
            problems("  compose: none.yml\n", faults),
            ["scenario.yaml:5:12 there is no compose file tests/compose/none.yml"]
        );
        assert_eq!(
            problems("  compose: .\n", faults),
            ["scenario.yaml:5:12 tests/compose/. is a folder, not a compose file"]
        );
        let told = problems("  compose: scenario-errors.yml\n  brokers: 2\n", faults);
        assert_eq!(told, ["scenario-errors.yml:4:5 unknown key `imgae` in a service"]);
        assert_eq!(
            problems("  flavour: apache\n", ""),
            ["scenario.yaml:5:3 `flavour` has no meaning without `compose`"]
        );
        assert_eq!(problems("  compose: [a]\n", faults).len(), 1);
    }
}
