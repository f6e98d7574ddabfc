//! Repeats on one warm cluster, and the table of several cells.

use crate::harness::{Place, Ran};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::time::Duration;

/// Both followers asleep for 0.8 s, then the leader is killed: 200/s for 0.8 s are lost.
pub const LOSS: &str = "\
name: repeated
summary: acks=1 loses what the followers slept through.
cluster: {timing: fast}
topic: {partitions: 1, replication.factor: 3, min.insync.replicas: 2}
producer: {rate: 200}
matrix: {acks: ['1', all]}
faults:
  - {process_stop: followers, at: 2s, for: 1s}
  - {kill: leader, at: 2.8s, for: 3s}
expect:
  - when: {acks: '1'}
    lost: '>= 1'
  - when: {acks: all}
    lost: 0
    duplicated: 0
";

fn trials(ran: &Ran) -> &Vec<Value> {
    ran.report["trials"].as_array().unwrap()
}

#[test]
fn trials_share_a_warm_cluster_until_all_is_decided() {
    let place = Place::new();
    let ran = place
        .run(&place.scenario(LOSS), &["--repeat", "9", "--until-decided=50%", "--sort", "lost"]);
    ran.expect_code(0);
    // 4 of 4 is above one half with 95 % confidence (Wilson), 3 of 3 is not; 0 of 4 is below.
    assert_eq!(trials(&ran).len(), 4, "{}", ran.stdout);
    let victim = &ran.cell("acks=1")["trials"];
    assert_eq!(
        (&victim["lost"]["share"]["hits"], &victim["lost"]["share"]["of"]),
        (&4.into(), &4.into())
    );
    let twin = &ran.cell("acks=all")["trials"];
    assert_eq!(
        (&twin["lost"]["share"]["hits"], &twin["duplicated"]["share"]["hits"]),
        (&0.into(), &0.into())
    );
    assert!(ran.stdout.contains("4/4=  51-100 %"), "{}", ran.stdout);
    let whole = "nothing lost or duplicated: only acks=all, of 2 configurations";
    assert!(ran.stdout.contains(whole) && ran.stdout.contains(", in 4 trials:"), "{}", ran.stdout);
    let (mut sum, mut warm, mut runs) = (0, 0, Vec::new());
    for trial in trials(&ran) {
        let folder = place.out().join(trial["folder"].as_str().unwrap());
        let text = std::fs::read_to_string(folder.join("report.json")).unwrap();
        let report: Value = serde_json::from_str(&text).unwrap();
        sum += report["cells"][0]["counts"]["lost"].as_u64().unwrap();
        warm += u32::from(report["about"].to_string().contains("cluster  warm"));
        runs.push(report["plan"]["cells"][0]["topic"]["name"].to_string());
        assert!(report["leaders"].as_array().unwrap().len() > 3, "{}", report["leaders"]);
    }
    assert_eq!(ran.count("acks=1", "lost"), sum, "the sum is the trials'");
    assert_eq!(warm, 3, "all but the first found the cluster warm");
    runs.dedup();
    assert_eq!(runs.len(), 4, "each has topics of its own: {runs:?}");
    assert!(trials(&ran)[1]["ms"].as_f64() < trials(&ran)[0]["ms"].as_f64().map(|ms| ms * 1.5));
    place.expect_nothing_left(Duration::from_secs(3));
}

#[test]
fn a_series_that_is_interrupted_reports_what_is_known_and_one_that_is_killed_leaves_nothing() {
    let place = Place::new();
    let scenario = place.scenario(
        "name: short\ncluster: {brokers: 1, timing: fast}\ntopic: {partitions: 1}\n\
         producer: {rate: 200}\nduration: 3s\nexpect: {lost: 0}\n",
    );
    // In the middle of the second trial.
    let later = Duration::from_secs(2);
    let mut running = place.start(&scenario, &["--repeat", "3"]);
    running.wait_for("trial 1 of 3: pass");
    std::thread::sleep(later);
    running.signal(Signal::SIGINT);
    let (code, stdout) = running.finish();
    assert_eq!(code, 130, "{stdout}");
    let text = std::fs::read_to_string(place.out().join("report.json")).unwrap();
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&report["exit_code"], &report["verdict"]), (&130.into(), &"inconclusive".into()));
    assert_eq!(report["trials"].as_array().unwrap().len(), 2);
    assert_eq!(report["cells"][0]["trials"]["lost"]["share"]["of"], 1, "the second is open");
    place.expect_nothing_left(Duration::from_secs(3));

    place.clear();
    let mut running = place.start(&scenario, &["--repeat", "3"]);
    running.wait_for("trial 1 of 3: pass");
    std::thread::sleep(later);
    running.signal(Signal::SIGKILL);
    drop(running);
    place.expect_nothing_left(Duration::from_secs(3));
}

#[test]
fn a_cell_that_cannot_keep_its_rate_before_any_fault_makes_the_comparison_inconclusive() {
    let place = Place::new();
    // The queue takes ten messages at a time, and a batch waits 50 ms: 200 per second.
    let text = "\
name: starved
summary: One of two cells cannot keep its rate.
duration: 4s
cluster: {timing: fast}
topic: {partitions: 1}
producer: {rate: 1000, config: {linger.ms: 50}}
matrix: {queue.buffering.max.messages: [10, 100000]}
expect: {lost: 0}
";
    let ran = place.run(&place.scenario(text), &[]);
    ran.expect_code(3);
    let starved = ran.cell("queue.buffering.max.messages=10");
    assert_eq!(starved["verdict"], "inconclusive");
    assert!(starved["rate"]["baseline"].as_f64().unwrap() < 500.0, "{}", starved["rate"]);
    let fed = ran.cell("queue.buffering.max.messages=100000");
    assert_eq!(fed["verdict"], "pass");
    assert!(fed["rate"]["baseline"].as_f64().unwrap() > 900.0, "{}", fed["rate"]);
    let reasons = ran.report["reasons"].to_string();
    assert!(reasons.contains("of 1000 messages per second were acknowledged"), "{reasons}");
    assert!(ran.stdout.contains("% of its rate"), "{}", ran.stdout);
}
