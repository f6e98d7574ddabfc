//! The cluster's plan: which clocks Kafka runs on, each of them explicit.

use super::compose::{self, Composed};
use super::make::Maker;
use super::types::ClusterPlan;
use crate::model::{Clocks, Feature, Properties, Timing};
use crate::yaml::Place;

/// A follower of the quorum waits half a second in each fetch, so a shorter time-out makes a quiet
/// cluster elect controllers all the time.
const SHORTEST_QUORUM_FETCH_MS: u64 = 1000;

/// Kafka's own defaults, explicit, so that the report shows them and no release changes them.
const STOCK: &[(&str, &str)] = &[
    ("auto.leader.rebalance.enable", "true"),
    ("broker.heartbeat.interval.ms", "2000"),
    ("broker.session.timeout.ms", "9000"),
    ("controller.quorum.election.backoff.max.ms", "1000"),
    ("controller.quorum.election.timeout.ms", "1000"),
    ("controller.quorum.fetch.timeout.ms", "2000"),
    ("controller.quorum.request.timeout.ms", "2000"),
    ("controller.quorum.retry.backoff.ms", "20"),
    ("controller.socket.timeout.ms", "30000"),
    ("leader.imbalance.check.interval.seconds", "300"),
    ("replica.fetch.backoff.ms", "1000"),
    ("replica.fetch.wait.max.ms", "500"),
    ("replica.lag.time.max.ms", "30000"),
    ("replica.socket.timeout.ms", "30000"),
    ("request.timeout.ms", "30000"),
];

/// What fast timing lowers, all together: the fastest set that raised no false alarm in a quiet
/// cluster and still elected a leader every time.
const FAST: &[(&str, &str)] = &[
    ("broker.heartbeat.interval.ms", "300"),
    ("broker.session.timeout.ms", "2000"),
    ("controller.quorum.election.timeout.ms", "500"),
    ("controller.quorum.fetch.timeout.ms", "1000"),
    ("controller.quorum.request.timeout.ms", "1000"),
    ("controller.socket.timeout.ms", "3000"),
    ("replica.fetch.backoff.ms", "250"),
    ("replica.fetch.wait.max.ms", "250"),
    ("replica.lag.time.max.ms", "3000"),
    ("replica.socket.timeout.ms", "3000"),
];

pub(super) fn plan(maker: &mut Maker<'_>) -> ClusterPlan {
    let section = &maker.scenario.cluster;
    let kafka = match maker.composed {
        Some(composed) => compose::check(maker, composed),
        None => section.kafka.clone(),
    };
    let mut config = Properties::new();
    let fast: &[(&str, &str)] = if section.timing == Timing::Fast { FAST } else { &[] };
    for (name, value) in STOCK.iter().chain(fast) {
        config.insert((*name).to_owned(), (*value).to_owned());
    }
    // A release without this property logs that it does not know it.
    if section.timing == Timing::Fast && Feature::UncleanElection.is_in(&kafka) {
        config.insert("unclean.leader.election.interval.ms".to_owned(), "2000".to_owned());
    }
    for (name, setting) in &section.config {
        config.insert(name.clone(), setting.value.value.trim().to_owned());
    }
    if let Some(composed) = maker.composed {
        take_clocks(maker, composed, &mut config);
    }
    let broker_ids = match maker.composed {
        Some(composed) => composed.broker_ids(),
        None => (0..i32::from(section.brokers)).collect(),
    };
    let clocks = check_clocks(maker, &config);
    ClusterPlan {
        kafka,
        brokers: u16::try_from(broker_ids.len()).unwrap_or(u16::MAX),
        broker_ids,
        controllers: maker.composed.map_or(section.controllers, Composed::controllers),
        timing: section.timing,
        clocks,
        config,
        compose: maker.composed.map(|composed| composed.path.clone()),
        flavour: section.flavour,
    }
}

/// The clocks in the compose file are the configuration under test: they override Kafka's defaults,
/// but not the scenario's own settings, fast timing included.
fn take_clocks(maker: &mut Maker<'_>, composed: &Composed, config: &mut Properties) {
    let section = &maker.scenario.cluster;
    let place = section.compose.as_ref().map_or(Place::FILE, |written| written.place);
    let file = &composed.cluster.file;
    for (name, default) in STOCK {
        let values = composed.values(name);
        if values.is_empty() || section.config.contains_key(*name) {
            continue;
        }
        if section.timing == Timing::Fast && FAST.iter().any(|(fast, _)| fast == name) {
            maker.note(format!("{file}: `timing: fast` takes precedence over its {name}"));
            continue;
        }
        let values: Vec<String> = values.into_iter().collect();
        let [value] = values.as_slice() else {
            let message =
                format!("the nodes of {file} have several `{name}`: {}", values.join(", "));
            maker.report(
                place,
                message,
                "write one under `cluster.config`; it is set for all nodes",
            );
            continue;
        };
        if *default != "true" && !is_clock(value) {
            let message = format!("`{name}` cannot be `{value}`, as {file} has it");
            maker.report(place, message, CLOCK_HELP);
            continue;
        }
        config.insert((*name).to_owned(), value.clone());
    }
}

const CLOCK_HELP: &str = "it must be a whole number of its unit, from 1 to 86400000";

fn is_clock(value: &str) -> bool {
    value.trim().parse::<u64>().is_ok_and(|number| (1..=86_400_000).contains(&number))
}

/// The clocks in force. Those that the scenario sets must be numbers that Kafka can start with.
fn check_clocks(maker: &mut Maker<'_>, config: &Properties) -> Clocks {
    let scenario = maker.scenario;
    let mut sound = true;
    for (name, setting) in &scenario.cluster.config {
        let known = STOCK.iter().any(|(known, value)| known == name && *value != "true");
        if known && !is_clock(&setting.value.value) {
            sound = false;
            let message = format!("`{name}` cannot be `{}`", setting.value.value);
            maker.report(setting.value.place, message, CLOCK_HELP);
        }
    }
    let value = |name: &str| config.get(name).and_then(|v| v.parse::<u64>().ok()).unwrap_or(1);
    let clocks = Clocks {
        session_ms: value("broker.session.timeout.ms"),
        lag_ms: value("replica.lag.time.max.ms"),
    };
    if sound {
        for (small, large) in [
            ("replica.fetch.wait.max.ms", "replica.lag.time.max.ms"),
            ("replica.fetch.wait.max.ms", "replica.socket.timeout.ms"),
            ("broker.heartbeat.interval.ms", "broker.session.timeout.ms"),
        ] {
            check_order(maker, small, value(small), large, value(large));
        }
        let fetch = value("controller.quorum.fetch.timeout.ms");
        if fetch < SHORTEST_QUORUM_FETCH_MS {
            maker.note(format!(
                "controller.quorum.fetch.timeout.ms={fetch}: below {SHORTEST_QUORUM_FETCH_MS} a \
                 quiet cluster already elects controllers all the time"
            ));
        }
    }
    clocks
}

fn check_order(maker: &mut Maker<'_>, small: &str, low: u64, large: &str, high: u64) {
    if low <= high {
        return;
    }
    let config = &maker.scenario.cluster.config;
    let Some(setting) = config.get(small).or_else(|| config.get(large)) else { return };
    let place = setting.value.place;
    let message = format!("`{small}` ({low}) is more than `{large}` ({high})");
    maker.report(place, message, format!("set both so that `{small}` is the smaller one"));
}
