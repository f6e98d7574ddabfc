//! What a scenario decides: cells, clocks, producers, timeline, and contradictions.

mod proptests;

use super::*;
use crate::model::{Clocks, Rate};
use crate::scenario;
use crate::timeline::{self, Election};

/// The plan of a valid text; `duration` is added if nothing else ends it.
fn sound(text: &str) -> Plan {
    let text = format!("name: x\nduration: 200s\nexpect: {{lost: 0}}\n{text}");
    match from_text("test.yaml", &text, &[], Some(1)) {
        Ok(plan) => plan,
        Err(problems) => panic!("{problems}"),
    }
}

fn problems(text: &str) -> Vec<String> {
    let text = format!("name: x\nduration: 200s\n{text}");
    let problems = from_text("test.yaml", &text, &[], Some(1)).unwrap_err();
    problems.list.into_iter().map(|p| p.message).collect()
}

fn producer(cell: &Cell) -> &ProducerPlan {
    cell.producers().next().unwrap()
}

fn config<'p>(plan: &'p Plan, cell: usize, name: &str) -> &'p str {
    producer(&plan.cells[cell]).config.get(name).map_or("", String::as_str)
}

#[test]
fn without_a_matrix_there_is_one_cell_with_the_java_producers_defaults() {
    let plan = sound("");
    assert_eq!(plan.cells.len(), 1);
    let cell = &plan.cells[0];
    assert_eq!((cell.id.as_str(), cell.topic.name.as_str()), ("main", "chaos-x-0"));
    assert_eq!(cell.topic.placement, [[0, 1, 2]]);
    assert_eq!(cell.topic.config["min.insync.replicas"], "1");
    assert_eq!(producer(cell).rate, Rate::PerSecond(1000));
    for (name, value) in [
        ("acks", "all"),
        ("enable.idempotence", "true"),
        ("max.in.flight.requests.per.connection", "5"),
        ("request.timeout.ms", "30000"),
        ("socket.timeout.ms", "30000"),
        ("message.timeout.ms", "120000"),
        ("linger.ms", "20"),
        ("allow.auto.create.topics", "false"),
    ] {
        assert_eq!(config(&plan, 0, name), value, "{name}");
    }
    assert_eq!(plan.duration_ms, Some(200_000));
    assert_eq!(plan.seed, 1);
}

#[test]
fn elections_end_by_themselves_and_are_for_the_topics_that_have_them() {
    let plan = sound(
        "matrix: {unclean.leader.election.enable: [true, false]}\nfaults:\n\
         \x20 - {elect_leaders: unclean, at: 3s}\n\
         \x20 - {elect_leaders: preferred, at: 190s, for: 30s}\n",
    );
    let told: Vec<(String, u64, u64)> =
        plan.faults.iter().map(|f| (f.to_string(), f.for_ms, f.end_ms())).collect();
    assert_eq!(
        told,
        [
            ("elect_leaders unclean at 3 s".to_owned(), 20_000, 3_000),
            ("elect_leaders preferred at 190 s".to_owned(), 30_000, 190_000),
        ]
    );
    let unclean = |cell: &Cell| Election::Unclean.is_for(&cell.topic.config);
    assert_eq!(plan.cells.iter().map(unclean).collect::<Vec<_>>(), [true, false]);
    assert!(plan.cells.iter().all(|cell| Election::Preferred.is_for(&cell.topic.config)));
}

#[test]
fn cells_come_in_the_files_order_and_take_the_axes_values() {
    let plan = sound("matrix: {min.insync.replicas: [1, 2], acks: ['1', all], linger.ms: [0]}\n");
    let ids: Vec<&str> = plan.cells.iter().map(|cell| cell.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "min.insync.replicas=1,acks=1,linger.ms=0",
            "min.insync.replicas=1,acks=all,linger.ms=0",
            "min.insync.replicas=2,acks=1,linger.ms=0",
            "min.insync.replicas=2,acks=all,linger.ms=0",
        ]
    );
    let last = &plan.cells[3];
    assert_eq!((last.index, last.topic.name.as_str()), (3, "chaos-x-3"));
    assert_eq!(last.topic.config["min.insync.replicas"], "2");
    assert_eq!(config(&plan, 2, "acks"), "1");
    assert_eq!(last.axes["linger.ms"], "0");
    assert_eq!(config(&plan, 3, "linger.ms"), "0");
}

#[test]
fn idempotence_follows_the_java_producers_rule() {
    let plan = sound("producer: {acks: 1}\n");
    assert_eq!(config(&plan, 0, "enable.idempotence"), "false");
    assert!(plan.notes[0].contains("acks=1 turns enable.idempotence off"), "{:?}", plan.notes);
    let plan = sound("producer: {config: {max.in.flight: 6}}\n");
    assert_eq!(config(&plan, 0, "enable.idempotence"), "false");
    assert_eq!(config(&plan, 0, "max.in.flight.requests.per.connection"), "6");
    assert!(!producer(&plan.cells[0]).config.contains_key("max.in.flight"));
    let plan = sound("producer: {config: {retries: 0}}\n");
    assert_eq!(config(&plan, 0, "enable.idempotence"), "false");
    for (text, expected) in [
        ("producer: {acks: 0, enable.idempotence: true}", "contradicts `acks: 0`"),
        ("producer: {enable.idempotence: true, config: {max.in.flight: 6}}", ": 6`"),
        ("producer: {enable.idempotence: true, config: {retries: 0}}", "`retries: 0`"),
    ] {
        let problems = problems(&format!("{text}\n"));
        assert!(problems.len() == 1 && problems[0].contains(expected), "{problems:?}");
    }
}

#[test]
fn librdkafkas_late_refusals_come_early() {
    for (config, expected) in [
        ("{linger.ms: 1000, delivery.timeout.ms: 1000}", "contradicts `linger.ms: 1000`"),
        ("{reconnect.backoff.ms: 5000}", "contradicts `reconnect.backoff.ms: 5000`"),
        ("{queue.buffering.backpressure.threshold: 2}", "contradicts `enable.idempotence: true`"),
        ("{queuing.strategy: lifo}", "contradicts `enable.idempotence: true`"),
    ] {
        let problems = problems(&format!("producer: {{config: {config}}}\n"));
        assert!(problems.len() == 1 && problems[0].contains(expected), "{config}: {problems:?}");
    }
    let problems = problems("producer: {acks: 1, config: {enable.gapless.guarantee: true}}\n");
    assert!(problems[0].contains("contradicts `enable.idempotence: false`"), "{problems:?}");
}

#[test]
fn combinations_that_cannot_be_are_left_out_of_a_matrix_and_named() {
    let plan = sound("matrix: {acks: ['1', all], enable.idempotence: [true, false]}\n");
    let ids: Vec<&str> = plan.cells.iter().map(|cell| cell.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "acks=1,enable.idempotence=false",
            "acks=all,enable.idempotence=true",
            "acks=all,enable.idempotence=false",
        ]
    );
    let indices: Vec<u16> = plan.cells.iter().map(|cell| cell.index).collect();
    assert_eq!(indices, [0, 1, 2]);
    assert_eq!(
        plan.notes,
        ["cell acks=1,enable.idempotence=true is left out: enable.idempotence: true contradicts \
          acks: 1"]
    );
    let plan = sound("matrix: {replication.factor: [1, 3], min.insync.replicas: [1, 2]}\n");
    assert_eq!(plan.cells.len(), 3);
    assert!(plan.notes[0].contains("min.insync.replicas is 2, but replication.factor is 1"));
}

#[test]
fn expectations_go_to_the_cells_that_their_when_names() {
    let text = "name: x\nduration: 9s\nmatrix: {acks: ['0', '1', all]}\nexpect:\n  \
                - {when: {acks: [0, 1]}, lost: '>= 1'}\n  - {when: {acks: all}, lost: 0}\n  \
                - {when: {min.insync.replicas: 1, rate: 1000}, unavailable: '<= 2s'}\n";
    let plan = from_text("test.yaml", text, &[], None).expect("it is sound");
    let texts = |cell: usize| -> Vec<&str> {
        plan.cells[cell].expectations.iter().map(|e| e.text.as_str()).collect()
    };
    assert_eq!(texts(0), ["lost: \">= 1\"", "unavailable: \"<= 2s\""]);
    assert_eq!(texts(1), texts(0));
    assert_eq!(texts(2), ["lost: 0", "unavailable: \"<= 2s\""]);
    let unavailable = &plan.cells[0].expectations[1];
    assert_eq!((unavailable.min, unavailable.max), (None, Some(2000)));
}

#[test]
fn a_cell_of_which_nothing_is_expected_is_noted() {
    let text = "name: x\nduration: 9s\n";
    let plan = from_text("test.yaml", text, &[], None).expect("it is sound");
    assert_eq!(plan.notes, ["nothing is expected: the run will be measured, not judged"]);
    let text = "name: x\nduration: 9s\nmatrix: {acks: ['0', '1', all]}\n\
                expect:\n  - {when: {acks: all}, lost: 0}\n";
    let plan = from_text("test.yaml", text, &[], None).expect("it is sound");
    let notes = plan.notes.join("; ");
    assert!(notes.contains("nothing is expected: it will be measured, not judged"), "{notes}");
}

#[test]
fn clocks_are_set_explicitly_and_the_scenarios_own_values_win() {
    let stock = sound("");
    assert_eq!(stock.cluster.clocks, Clocks { session_ms: 9000, lag_ms: 30_000 });
    assert_eq!(stock.cluster.config["controller.quorum.fetch.timeout.ms"], "2000");
    let fast = sound("cluster: {timing: fast}\n");
    assert_eq!(fast.cluster.clocks, Clocks { session_ms: 2000, lag_ms: 3000 });
    assert_eq!(fast.cluster.config["controller.quorum.fetch.timeout.ms"], "1000");
    assert_eq!(config(&fast, 0, "request.timeout.ms"), "3000");
    assert_eq!(config(&fast, 0, "message.timeout.ms"), "60000");
    let own = sound(
        "cluster: {timing: fast, config: {broker.session.timeout.ms: 4000}}\n\
         faults: [{kill: leader, at: 1 session, for: 2 lag}]\n",
    );
    assert_eq!(own.cluster.clocks.session_ms, 4000);
    assert_eq!((own.faults[0].at_ms, own.faults[0].for_ms), (4000, 6000));
    let low = sound("cluster: {config: {controller.quorum.fetch.timeout.ms: 500}}\n");
    assert!(low.notes[0].contains("elects controllers all the time"), "{:?}", low.notes);
    let wrong = problems("cluster: {config: {broker.session.timeout.ms: 1000}}\n");
    assert!(wrong[0].contains("`broker.heartbeat.interval.ms` (2000) is more than"), "{wrong:?}");
}

#[test]
fn the_timeline_is_sorted_and_a_command_has_a_minute() {
    let plan = sound("faults:\n  - {kill: leader, at: 9s, for: 1s}\n  - {exec: 'true', at: 1s}\n");
    let order: Vec<(u16, &str, u64)> =
        plan.faults.iter().map(|f| (f.index, f.action.name(), f.for_ms)).collect();
    assert_eq!(order, [(0, "exec", 60_000), (1, "kill", 1000)]);
}

#[test]
fn targets_that_cannot_be_and_nodes_in_two_groups_are_refused() {
    for (fault, expected) in [
        ("{kill: 'broker:3', at: 1s, for: 1s}", "there is no `broker:3`"),
        ("{network_partition: [leader, leader], at: 1s, for: 1s}", "share a node"),
        ("{network_partition: [follower, followers], at: 1s, for: 1s}", "share a node"),
        ("{network_partition: [all, controller], at: 1s, for: 1s}", "share a node"),
        ("{network_partition: [leader, followers, 'broker:1'], at: 1s, for: 1s}", "a third group"),
        ("{network_partition: [leader, followers, controller], at: 1s, for: 1s}", "a third group"),
        (
            "{network_partition: [leader, followers], ports: client, at: 1s, for: 1s}",
            "no `client` traffic goes between these groups",
        ),
        (
            "{network_partition: [clients, leader], ports: replication, at: 1s, for: 1s}",
            "no `replication` traffic goes between these groups",
        ),
        ("{kill: all, at: 1s, for: 0s}", "`kill` lasts 0 ms"),
        ("{kill: all, at: 1s, for: 0.0001 session}", "`kill` lasts 0 ms"),
        ("{exec: x, at: 1s, for: 0s}", "`exec` lasts 0 ms"),
    ] {
        let problems = problems(&format!("faults: [{fault}]\n"));
        assert!(problems.len() == 1 && problems[0].contains(expected), "{fault}: {problems:?}");
    }
    for fault in [
        "{network_partition: [[leader], [followers]], at: 1s, for: 1ms}",
        "{network_partition: [all, clients], at: 1s, for: 1s}",
        "{network_partition: [leader, 'broker:1'], at: 1s, for: 1s}",
        "{process_stop: all, at: 0s, for: 1s}",
    ] {
        sound(&format!("faults: [{fault}]\n"));
    }
}

#[test]
fn setting_what_the_matrix_varies_is_refused() {
    let text = "name: x\nduration: 9s\nmatrix: {acks: ['1', all]}\nexpect: {lost: 0}\n";
    let overrides = ["producer.acks=0".to_owned()];
    let problems = from_text("test.yaml", text, &overrides, None).unwrap_err().to_string();
    assert!(problems.contains("--set producer.acks=0"), "{problems}");
    assert!(problems.contains("--set matrix.acks=[0]"), "{problems}");
}

#[test]
fn problems_of_one_section_and_between_sections_come_together_and_not_twice() {
    let messages =
        problems("producer: {rate: 0}\ntopic: {replication.factor: 4, min.insync.replicas: 5}\n");
    assert_eq!(messages.len(), 3, "{messages:?}");
    // A replication factor that was never read cannot be too small for anything.
    let messages = problems("topic: {replication.factor: many, min.insync.replicas: 4}\n");
    assert_eq!(messages, ["`replication.factor` cannot be `many`"]);
}

#[test]
fn the_seed_is_the_given_one_or_the_scenarios_or_drawn() {
    let text = "name: x\nseed: 5\nduration: 9s\nexpect: {lost: 0}\n";
    assert_eq!(from_text("t", text, &[], None).map(|p| p.seed), Ok(5));
    assert_eq!(from_text("t", text, &[], Some(6)).map(|p| p.seed), Ok(6));
    let drawn = text.replace("seed: 5\n", "");
    let first = from_text("t", &drawn, &[], None).map(|p| p.seed);
    assert_ne!(first, from_text("t", &drawn, &[], None).map(|p| p.seed));
}

#[test]
fn unpaced_producers_have_a_bounded_queue() {
    let text = "name: x\nproducer: {rate: max, messages: 10_000_000, message.bytes: 100}\n\
                expect: {lost: 0}\n";
    let plan = from_text("test.yaml", text, &[], None).unwrap();
    let producer = producer(&plan.cells[0]);
    assert_eq!((producer.rate, producer.messages), (Rate::Max, Some(10_000_000)));
    assert_eq!(config(&plan, 0, "queue.buffering.max.messages"), "200000");
}

#[test]
fn every_default_is_what_the_planner_takes_where_nothing_is_written() {
    let asked = Asked { seed: Some(1), ..Asked::default() };
    let base = "name: x\nfaults: [{network_partition: [[leader, clients], [followers]], at: 1s, \
                for: 1s}]\n";
    let plan = |text: &str| study_from_text("x", text, &asked).expect("it is sound");
    let of_faults = timeline::docs::keys().into_iter();
    let of_faults = of_faults.filter_map(|(key, _, word)| Some((format!("faults.{key}"), word?)));
    for (path, default) in scenario::defaults().into_iter().chain(of_faults) {
        let (section, key) = path.split_once('.').expect("a section and a key");
        let with = |value: &str| match section {
            "faults" => base.replace("at: 1s", &format!("{key}: {value}, at: 1s")),
            _ => format!("{base}{section}: {{{key}: {value}}}\n"),
        };
        assert_eq!(plan(base), plan(&with(default)), "{path}");
        // The comparison can fail: another value has another plan.
        let other = match default {
            "3.8.1" => "4.4.0",
            "combined" => "isolated",
            "stock" => "fast",
            "all" if path == "faults.ports" => "client",
            "all" => "1",
            "true" => "false",
            "false" => "true",
            _ => "2",
        };
        assert_ne!(plan(base), plan(&with(other)), "{path}");
    }
}
