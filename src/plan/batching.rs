//! How the producers of many cells share a small machine: requests per second are its limit, not
//! messages, so cells without their own setting wait a little longer to fill batches.

use super::make::Maker;
use super::types::{Cell, ProducerPlan};
use crate::model::Rate;

/// The requests per second that all cells of a plan together may send before they batch more: above
/// it two cores fall behind, time-outs fire, and duplicates appear that no fault made.
pub(super) const REQUESTS_PER_SECOND: u64 = 500;

/// `linger.ms` is not raised above this, in milliseconds: otherwise latency would be all that a
/// report shows.
pub(super) const LINGER_MOST_MS: u64 = 500;

/// Where librdkafka spins while acknowledgements are missing, more idempotent producers than this,
/// each with several requests in flight, disturb each other.
const IDEMPOTENT_MOST: usize = 4;

const LINGER: &str = "linger.ms";
const IN_FLIGHT: &str = "max.in.flight.requests.per.connection";

/// Sets `linger.ms` and the requests in flight of a plan's cells, where the scenario does not. It
/// depends on the cells alone: one build makes the same plan of a scenario on every machine.
pub(super) fn settle(maker: &mut Maker<'_>, cells: &mut [Cell]) {
    if !is_written(maker, LINGER) {
        linger(maker, cells);
    }
    // `build.rs` knows whether it spins.
    if cfg!(librdkafka_spins) && !is_written(maker, IN_FLIGHT) {
        in_flight(maker, cells);
    }
}

/// What a section or an axis sets, it sets for every cell.
fn is_written(maker: &Maker<'_>, property: &str) -> bool {
    let scenario = maker.scenario;
    scenario.producer.contains_key(property)
        || scenario.matrix.iter().any(|axis| axis.property == property)
}

fn linger(maker: &mut Maker<'_>, cells: &mut [Cell]) {
    let number = |producer: &ProducerPlan, name: &str| -> Option<u64> {
        producer.config.get(name)?.parse().ok()
    };
    let paced = cells.iter_mut().flat_map(|cell| {
        let partitions = cell.topic.partitions();
        cell.producers_mut().map(move |producer| (partitions, producer))
    });
    let mut paced: Vec<(u32, &mut ProducerPlan)> =
        paced.filter(|(_, producer)| producer.rate != Rate::Max).collect();
    let Some(own) = paced.first().and_then(|(_, first)| number(first, LINGER)) else { return };
    let requests = |linger_ms: u64, paced: &[(u32, &mut ProducerPlan)]| -> u64 {
        let one = |(partitions, producer): &(u32, &mut ProducerPlan)| {
            requests_per_1000_s(*partitions, producer.rate, linger_ms)
        };
        paced.iter().map(one).sum::<u64>().div_ceil(1000)
    };
    let fits = |linger_ms: &u64| requests(*linger_ms, &paced) <= REQUESTS_PER_SECOND;
    // Waiting may not use up a message's delivery time; 0 means unlimited.
    let timeouts = paced.iter().filter_map(|(_, one)| number(one, "message.timeout.ms"));
    let shortest = timeouts.filter(|timeout| *timeout > 0).min().unwrap_or(u64::MAX);
    let most = LINGER_MOST_MS.min(shortest / 2);
    if fits(&own) || most <= own {
        return;
    }
    let chosen = (own..=most).find(fits).unwrap_or(most);
    let (before, after) = (requests(own, &paced), requests(chosen, &paced));
    for (_, producer) in &mut paced {
        producer.config.insert(LINGER.to_owned(), chosen.to_string());
    }
    maker.note(format!(
        "linger.ms is {chosen} instead of {own}: together the cells make {after} requests per \
         second instead of {before}; a small machine falls behind above {REQUESTS_PER_SECOND}. \
         The scenario's own linger.ms overrides this"
    ));
}

/// Each partition's batch goes when its time is over, and never empty.
fn requests_per_1000_s(partitions: u32, rate: Rate, linger_ms: u64) -> u64 {
    let batches = u64::from(partitions) * 1_000_000 / linger_ms.max(1);
    match rate {
        Rate::PerSecond(rate) => batches.min(u64::from(rate) * 1000),
        Rate::Max => batches,
    }
}

fn in_flight(maker: &mut Maker<'_>, cells: &mut [Cell]) {
    let is_idempotent = |producer: &&mut ProducerPlan| {
        producer.config.get("enable.idempotence").is_some_and(|value| value == "true")
    };
    let producers = cells.iter_mut().flat_map(Cell::producers_mut);
    let idempotent: Vec<&mut ProducerPlan> = producers.filter(is_idempotent).collect();
    let count = idempotent.len();
    if count <= IDEMPOTENT_MOST {
        return;
    }
    for producer in idempotent {
        producer.config.insert(IN_FLIGHT.to_owned(), "1".to_owned());
    }
    maker.note(format!(
        "{IN_FLIGHT} is 1 in the {count} idempotent cells: librdkafka spins while acknowledgements of \
         several requests are missing, and this many would disturb each other; the scenario's own value would take precedence"
    ));
}

#[cfg(test)]
mod tests {
    use crate::plan::{Cell, Plan, from_text};

    fn sound(text: &str) -> Plan {
        let text = format!("name: x\nduration: 20s\nexpect: {{lost: 0}}\n{text}");
        from_text("test.yaml", &text, &[], Some(1)).unwrap_or_else(|problems| panic!("{problems}"))
    }

    /// The values of a property over the cells, each once.
    fn values(plan: &Plan, name: &str) -> Vec<String> {
        let mut values: Vec<String> = plan
            .cells
            .iter()
            .flat_map(Cell::producers)
            .map(|one| one.config[name].clone())
            .collect();
        values.dedup();
        values
    }

    /// A number of cells, all alike except for an irrelevant property.
    fn cells(count: usize) -> String {
        let sizes: Vec<String> = (0..count).map(|i| (16_384 + i).to_string()).collect();
        format!("matrix: {{batch.size: [{}]}}\n", sizes.join(", "))
    }

    #[test]
    fn cells_that_make_too_many_requests_fill_their_batches_longer() {
        // 50 requests per second each: 10 cells are at the limit, 24 would make 1200.
        let plan = sound(&cells(10));
        assert_eq!(values(&plan, "linger.ms"), ["20"]);
        let plan = sound(&cells(24));
        assert_eq!(values(&plan, "linger.ms"), ["48"]);
        let said = "linger.ms is 48 instead of 20: together the cells make 500 requests per second \
                    instead of 1200";
        assert!(plan.notes.iter().any(|note| note.starts_with(said)), "{:?}", plan.notes);
        // A slow cell sends no more requests than messages.
        let plan = sound(&format!("producer: {{rate: 5}}\n{}", cells(64)));
        assert_eq!(values(&plan, "linger.ms"), ["20"]);
        // 64 cells of 256 partitions are too many with any wait.
        let plan = sound(&format!("topic: {{partitions: 256}}\n{}", cells(64)));
        assert_eq!(values(&plan, "linger.ms"), ["500"]);
    }

    #[test]
    fn the_scenarios_own_wait_and_unpaced_cells_are_left_alone() {
        for own in ["linger.ms: 5", "queue.buffering.max.ms: 5"] {
            let plan = sound(&format!("producer: {{config: {{{own}}}}}\n{}", cells(64)));
            assert_eq!(values(&plan, "linger.ms"), ["5"]);
        }
        let plan = sound(&cells(32).replace("matrix: {", "matrix: {linger.ms: [0, 7], "));
        assert_eq!(values(&plan, "linger.ms"), ["0", "7"]);
        let plan = sound(&format!("producer: {{rate: max}}\n{}", cells(64)));
        assert_eq!(values(&plan, "linger.ms"), ["20"]);
        assert!(!plan.notes.iter().any(|note| note.contains("linger.ms")), "{:?}", plan.notes);
    }

    #[test]
    fn no_message_waits_for_half_of_its_time_of_delivery() {
        for (timeout_ms, linger_ms) in [("100", "50"), ("30", "20"), ("0", "128")] {
            let config = format!("producer: {{config: {{delivery.timeout.ms: {timeout_ms}}}}}\n");
            let plan = sound(&(config + &cells(64)));
            assert_eq!(values(&plan, "linger.ms"), [linger_ms], "{timeout_ms}");
        }
    }

    #[test]
    fn many_idempotent_producers_have_one_request_in_flight_where_librdkafka_spins() {
        const IN_FLIGHT: &str = "max.in.flight.requests.per.connection";
        let plan = sound(&cells(4));
        assert_eq!(values(&plan, IN_FLIGHT), ["5"]);
        let plan = sound(&cells(5));
        let spins = cfg!(librdkafka_spins);
        assert_eq!(values(&plan, IN_FLIGHT), [if spins { "1" } else { "5" }]);
        let is_told = plan.notes.iter().any(|note| note.contains("in the 5 idempotent cells"));
        assert_eq!(is_told, spins, "{:?}", plan.notes);
        let plan = sound(&format!("producer: {{enable.idempotence: false}}\n{}", cells(9)));
        assert_eq!(values(&plan, IN_FLIGHT), ["5"]);
        let plan = sound(&format!("producer: {{config: {{max.in.flight: 3}}}}\n{}", cells(9)));
        assert_eq!(values(&plan, IN_FLIGHT), ["3"]);
    }
}
