//! Manual elections and the controller's: the same scenario file on Kafka 3.8.1 and 4.4.0.

use crate::harness::{Place, Ran, shipped};
use std::sync::LazyLock;

const UNCLEAN: &str = "unclean.leader.election.enable=true,enable.idempotence=";
const CLEAN: &str = "unclean.leader.election.enable=false,enable.idempotence=";

/// Runs `unclean-election`; returns the proof of its election. `word` is what brokers report about
/// themselves.
fn unclean_election(kafka: &str, word: &str) -> String {
    let place = Place::new();
    let version = format!("cluster.kafka={kafka}");
    // Longer than the twin may be without a leader; the victim's producer need not be waited for.
    let patience = "producer.config.delivery.timeout.ms=45000";
    let ran = place.run(&shipped("unclean-election"), &["--set", &version, "--set", patience]);
    ran.expect_code(0);
    let about = ran.report["about"].as_array().unwrap();
    assert!(about.iter().any(|line| line == &format!("brokers  Kafka {word}")), "{about:?}");
    for idempotence in ["false", "true"] {
        let (victim, twin) = (format!("{UNCLEAN}{idempotence}"), format!("{CLEAN}{idempotence}"));
        assert!(ran.count(&victim, "lost") >= 1_200);
        assert_eq!(ran.count(&twin, "lost"), 0);
        let witness = ran.cell(&victim)["witnesses"][0]["text"].as_str().unwrap();
        assert!(witness.contains("were truncated when broker"), "{witness}");
    }
    // No claim about the idempotent producers: the victim's may wait a minute before it dies.
    let ms = |cell: &str| ran.cell(cell)["unavailable_ms"].as_f64().unwrap();
    let (victim, twin) = (ms(&format!("{UNCLEAN}false")), ms(&format!("{CLEAN}false")));
    assert!(victim < twin, "what was lost bought time: {victim} ms, {twin} ms without");
    assert!(ran.count(&format!("{UNCLEAN}true"), "rejected") > 0, "its producer gave up");
    // The same patience was enough for the twin, so it was the election.
    assert_eq!(ran.count(&format!("{CLEAN}true"), "rejected"), 0);
    proof(&ran, 2)
}

/// What proves a fault.
fn proof(ran: &Ran, fault: usize) -> String {
    let fault = ran.fault(fault);
    assert_eq!(fault["effective"], true, "{fault}");
    let evidence = fault["evidence"].as_array().unwrap();
    let proof = evidence.iter().find(|e| e["proves"] == true).unwrap();
    proof["text"].as_str().unwrap().to_owned()
}

#[test]
fn in_3_8_1_the_request_holds_the_unclean_election() {
    let proof =
        unclean_election("3.8.1", "3.8 according to the brokers; eligible leader replicas off");
    assert!(proof.contains("which was not in sync (the last in-sync replicas: [0])"), "{proof}");
    assert!(proof.contains("elected by this request"), "{proof}");
}

#[test]
fn in_4_4_0_the_controller_holds_it_by_the_topics_setting() {
    let proof =
        unclean_election("4.4.0", "4.4 according to the brokers; eligible leader replicas on");
    assert!(proof.contains("which was not in sync (the last in-sync replicas: [0])"), "{proof}");
    assert!(proof.contains("by the controller"), "{proof}");
}

#[test]
fn a_zombie_acknowledges_with_acks_1_what_is_lost_and_with_acks_all_nothing() {
    let place = Place::new();
    // Two short sessions at 1000/s instead of two long ones at 200/s: more than the bound, too. How
    // long the others wait does not matter here.
    let fast = ["cluster.timing=fast", "producer.rate=1000", "expect.unavailable=<= 60s"];
    let more: Vec<&str> = fast.iter().flat_map(|set| ["--set", set]).collect();
    let ran = place.run(&shipped("zombie-leader"), &more);
    ran.expect_code(0);
    assert!(ran.count("acks=1", "lost") >= 3_000);
    assert_eq!(ran.count("acks=all", "lost"), 0);
    assert_eq!(ran.count("acks=all", "duplicated"), 0);
    let witness = ran.cell("acks=1")["witnesses"][0]["text"].as_str().unwrap();
    assert!(witness.contains("acknowledged by broker 0 in epoch 0"), "{witness}");
}

/// A run, and what it wrote beside its report.
pub struct Preferred {
    pub ran: Ran,
    pub events: String,
    pub wrote: Vec<String>,
}

/// A leader that slept gets its partitions back. What was said of it is for `terminal`.
pub static PREFERRED: LazyLock<Preferred> = LazyLock::new(|| {
    let place = Place::new();
    let ran = place.run(
        &place.scenario(
            "name: preferred\ncluster: {timing: fast}\n\
             topic: {partitions: 3, min.insync.replicas: 2}\n\
             faults:\n\
             - {process_stop: leader, at: 1s, for: 3 session}\n\
             - {elect_leaders: preferred, at: 9s}\n\
             expect: {lost: 0, duplicated: 0}\n",
        ),
        &["--json", "-v"],
    );
    let files = std::fs::read_dir(place.out()).unwrap().flatten();
    Preferred {
        ran,
        events: std::fs::read_to_string(place.out().join("events.jsonl")).unwrap_or_default(),
        wrote: files.map(|file| file.path().display().to_string()).collect(),
    }
});

#[test]
fn preferred_leaders_come_back_after_each_change_and_the_safe_setting_keeps_everything() {
    let ran = &PREFERRED.ran;
    ran.expect_code(0);
    let proof = proof(ran, 1);
    assert!(proof.contains("chaos-preferred-0-0: leader"), "{proof}");
    assert!(proof.ends_with("-> 0; 2 more had theirs"), "{proof}");
    let leaders = ran.report["leaders"].as_array().unwrap();
    let last = leaders.iter().rfind(|o| o["partition"]["partition"] == 0).unwrap();
    assert_eq!(last["partition"]["leader"], 0, "{last}");
}
