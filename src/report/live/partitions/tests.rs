//! The live view of partitions, from what brokers said.

use super::super::view::Room;
use super::Partitions;
use crate::event::{BrokerView, ControllerView, PartitionView, TopicShape};
use insta::assert_snapshot;

const ROOM: Room = Room::plain(80, 24);

fn partitions(cells: usize, each: u32) -> Partitions {
    let ids: Vec<String> = (0..cells).map(|i| format!("acks={i}")).collect();
    let topic = |i| TopicShape { name: format!("t-{i}"), partitions: each, replicas: 3 };
    Partitions::of(&ids, &(0..cells).map(topic).collect::<Vec<_>>())
}

/// Broker `asked` says of t-`cell`-`partition`: `leader` in `epoch`, `isr`.
fn says(to: &mut Partitions, asked: i32, of: (usize, i32), now: (i32, i32), isr: &[i32]) {
    let ((cell, partition), (leader, epoch)) = (of, now);
    let (topic, isr) = (format!("t-{cell}"), isr.to_vec());
    let at_us = 1_000 * (epoch as u64 + 1);
    to.claimed(&PartitionView { at_us, asked, topic, partition, leader, epoch, isr });
}

fn answers(to: &mut Partitions, broker: i32, answers: bool) {
    to.answers(&BrokerView { at_us: 1, broker, answers });
}

#[test]
fn few_partitions_are_told_one_by_one() {
    let mut all = partitions(1, 3);
    assert_eq!(all.lines(9, ROOM), [""; 0], "nobody said anything yet");
    for partition in 0..3 {
        (0..3).for_each(|b| says(&mut all, b, (0, partition), (partition, 0), &[0, 1, 2]));
    }
    assert_eq!(
        all.lines(9, ROOM),
        [
            "leader  p0: 0 in epoch 0, isr 0,1,2   p1: 1 in epoch 0, isr 0,1,2",
            "        p2: 2 in epoch 0, isr 0,1,2"
        ]
    );
    assert_eq!(all.lines(9, Room::plain(200, 24)).len(), 1);
}

#[test]
fn the_highest_epoch_counts_and_a_leader_that_does_not_know_of_it_is_named() {
    let mut all = partitions(1, 1);
    (0..3).for_each(|broker| answers(&mut all, broker, true));
    (0..3).for_each(|broker| says(&mut all, broker, (0, 0), (0, 0), &[0, 1, 2]));
    // Broker 0 is cut off: it goes on with its old epoch, and shrinks its own ISR.
    says(&mut all, 1, (0, 0), (1, 1), &[1, 2]);
    let zombie = "leader  p0: 1 in epoch 1, isr 1,2 of 3, 0 leads, too";
    assert_eq!(all.lines(9, ROOM)[0], zombie);
    // A broker that does not answer leads nothing visible any more.
    answers(&mut all, 0, false);
    let lines = all.lines(9, ROOM);
    assert_eq!(lines, ["leader  p0: 1 in epoch 1, isr 1,2 of 3", "nodes   broker 0 is silent"]);
    // The new leader falls silent, too, and nobody has taken over yet.
    answers(&mut all, 1, false);
    let lines = all.lines(9, ROOM);
    assert_eq!(lines[0], "leader  p0: 1 (silent) in epoch 1, isr 1,2 of 3");
    assert_eq!(lines[1], "nodes   brokers 0,1 are silent");
}

#[test]
fn within_one_epoch_the_leader_knows_the_isr_best_while_it_answers() {
    let mut all = partitions(1, 1);
    answers(&mut all, 1, true);
    says(&mut all, 1, (0, 0), (1, 1), &[1]);
    // As late as the leader's own claim, and different.
    says(&mut all, 2, (0, 0), (1, 1), &[0, 1, 2]);
    assert!(all.lines(9, ROOM)[0].ends_with("isr 1 of 3"), "{:?}", all.lines(9, ROOM));
    answers(&mut all, 1, false);
    assert!(all.lines(9, ROOM)[0].ends_with("isr 0,1,2"), "{:?}", all.lines(9, ROOM));
}

#[test]
fn a_partition_without_a_leader_and_a_quorum_without_a_controller_are_told() {
    let mut all = partitions(1, 1);
    says(&mut all, 2, (0, 0), (-1, 4), &[0]);
    let quorum = |leader, epoch| ControllerView { at_us: 1, asked: 2, leader, epoch };
    all.controls(&quorum(2, 7));
    let lines = all.lines(9, ROOM);
    assert_eq!(lines[0], "leader  p0: no leader in epoch 4, isr 0 of 3");
    assert_eq!(lines[1], "nodes   node 2 is the active controller in epoch 7");
    all.controls(&quorum(-1, 8));
    assert_eq!(all.lines(9, ROOM)[1], "nodes   no active controller");
}

#[test]
fn many_partitions_are_summed_up_and_the_odd_ones_are_named() {
    let mut all = partitions(36, 1);
    answers(&mut all, 0, true);
    for cell in 0..36 {
        // As placed: broker 0 leads every cell's only partition.
        says(&mut all, 0, (cell, 0), (0, 0), &[0, 1, 2]);
    }
    assert_eq!(all.lines(9, ROOM), ["leader  broker 0 leads 36 of 36 partitions"]);
    answers(&mut all, 0, false);
    let silent = "leader  broker 0 (silent) leads 36 of 36 partitions";
    assert_eq!(all.lines(9, ROOM), [silent, "nodes   broker 0 is silent"]);
    answers(&mut all, 0, true);
    for cell in 0..34 {
        says(&mut all, 1, (cell, 0), (1, 1), if cell < 30 { &[1, 2] } else { &[1] });
    }
    says(&mut all, 1, (34, 0), (-1, 1), &[0]);
    let lines = all.lines(9, ROOM);
    let beginning = |line: &String| line.chars().take(76).collect::<String>().trim_end().to_owned();
    let beginnings: Vec<String> = lines.iter().map(beginning).collect();
    assert_snapshot!(beginnings.join("\n"), @"
    leader  broker 0 leads 1, broker 1 leads 34 of 36 partitions
            1 without a leader: acks=34 p0
            35 that broker 0 leads, too, in an old epoch: acks=0 p0, acks=1 p0,
            30 with isr 1,2 of 3: acks=0 p0, acks=1 p0, acks=2 p0, acks=3 p0, ac
            4 with isr 1 of 3: acks=30 p0, acks=31 p0, acks=32 p0, acks=33 p0
            1 with isr 0 of 3: acks=34 p0
    ");
    // In little room the worst stay.
    assert_eq!(all.lines(3, ROOM)[..2], lines[..2]);
}

#[test]
fn a_topic_or_partition_that_nobody_announced_is_passed_over() {
    let mut all = partitions(1, 1);
    says(&mut all, 0, (7, 0), (0, 0), &[0]);
    says(&mut all, 0, (0, 9), (0, 0), &[0]);
    says(&mut all, 0, (0, -1), (0, 0), &[0]);
    assert_eq!(all.lines(9, ROOM), [""; 0]);
}
