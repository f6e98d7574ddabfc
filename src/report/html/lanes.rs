//! Who led a partition, and which replicas were in sync, as periods of time.

use super::chart::Axis;
use crate::event::Observation;
use crate::kafka::leaders::{Claim, Leaders};
use crate::plan::TopicPlan;

/// How many partitions of a cell are shown.
const PARTITIONS_MAX: usize = 6;

/// The lanes of one partition.
#[derive(Debug, PartialEq)]
pub(super) struct Lanes {
    pub partition: i32,
    pub leader: Vec<Segment>,
    pub isr: Vec<Segment>,
}

/// Something that stayed the same for a while.
#[derive(Debug, PartialEq)]
pub(super) struct Segment {
    /// The text on it.
    pub label: String,
    /// All of it, in words.
    pub title: String,
    /// The class of its look.
    pub class: String,
    /// Its begin, in percent of the axis.
    pub left: f64,
    /// Its length, in percent of the axis.
    pub width: f64,
}

/// The lanes of a topic's first partitions, and how many more there are.
pub(super) fn lanes(
    topic: &TopicPlan,
    leaders: &[Observation],
    zero_ms: f64,
    axis: &Axis,
) -> (Vec<Lanes>, usize) {
    let partitions = topic.placement.len();
    let shown = (0..partitions.min(PARTITIONS_MAX)).map(|index| {
        let partition = index as i32;
        let course = Leaders::new(leaders, &topic.name, partition).course();
        let replicas = topic.placement[index].len();
        Lanes {
            partition,
            leader: segments(&course, zero_ms, axis, |claim| (claim.leader, claim.epoch), leader),
            isr: segments(
                &course,
                zero_ms,
                axis,
                |claim| claim.isr,
                |claim, span| isr(claim, replicas, span),
            ),
        }
    });
    (shown.collect(), partitions.saturating_sub(PARTITIONS_MAX))
}

/// Joins neighbors that are alike in one respect, and clips to the axis.
fn segments<'a, K: PartialEq>(
    course: &[Claim<'a>],
    zero_ms: f64,
    axis: &Axis,
    key: impl Fn(&Claim<'a>) -> K,
    look: impl Fn(&Claim<'a>, &str) -> (String, String, String),
) -> Vec<Segment> {
    let mut starts = course.to_vec();
    starts.dedup_by_key(|claim| key(claim));
    let at_ms = |claim: &Claim<'_>| claim.at_us as f64 / 1e3 - zero_ms;
    let ends = starts.iter().skip(1).map(at_ms).chain([axis.to_ms]);
    let spans = starts.iter().zip(ends).filter_map(|(claim, end_ms)| {
        let (from_ms, to_ms) = (at_ms(claim).max(axis.from_ms), end_ms.min(axis.to_ms));
        (to_ms > from_ms).then_some((claim, from_ms, to_ms))
    });
    spans
        .map(|(claim, from_ms, to_ms)| {
            let span = format!("{:.1} s to {:.1} s", from_ms / 1e3, to_ms / 1e3);
            let (label, title, class) = look(claim, &span);
            let (left, width) = axis.percent(from_ms, to_ms);
            Segment { label, title, class, left, width }
        })
        .collect()
}

fn leader(claim: &Claim<'_>, span: &str) -> (String, String, String) {
    let Claim { leader, epoch, .. } = claim;
    if *leader < 0 {
        let title = format!("no leader in epoch {epoch}, {span}");
        return ("none".to_owned(), title, "none".to_owned());
    }
    let title = format!("broker {leader} leads in epoch {epoch}, {span}");
    // There are nine looks; the label says which broker it is.
    (format!("broker {leader}"), title, format!("b{}", leader % 9))
}

fn isr(claim: &Claim<'_>, replicas: usize, span: &str) -> (String, String, String) {
    let ids: Vec<String> = claim.isr.iter().map(ToString::to_string).collect();
    let label = if ids.is_empty() { "none".to_owned() } else { ids.join(" ") };
    let title = format!("in-sync replicas {:?} of {replicas}, {span}", claim.isr);
    let class = if claim.isr.len() >= replicas { "full" } else { "shrunk" };
    (label, title, class.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const AXIS: Axis = Axis { from_ms: 0.0, to_ms: 10_000.0 };

    fn view(at_s: u64, asked: i32, leader: i32, epoch: i32, isr: &[i32]) -> Observation {
        Observation::said(at_s * 1_000_000, asked, leader, epoch, isr)
    }

    fn of(views: &[Observation]) -> Lanes {
        let topic = TopicPlan {
            name: "t".to_owned(),
            placement: vec![vec![0, 1, 2]],
            config: Default::default(),
        };
        let (mut lanes, more) = lanes(&topic, views, 1_000.0, &AXIS);
        assert_eq!((lanes.len(), more), (1, 0));
        lanes.remove(0)
    }

    fn told(segments: &[Segment]) -> Vec<(&str, f64, f64)> {
        segments.iter().map(|s| (s.label.as_str(), s.left, s.width)).collect()
    }

    #[test]
    fn an_election_ends_one_stretch_and_begins_the_next_whatever_a_zombie_says() {
        // Zero is at 1 s of the run's clock. Broker 1 leads from 4 s on, by its own claim and that
        // of 2; broker 0 goes on naming itself.
        let lanes = of(&[
            view(0, 0, 0, 0, &[0, 1, 2]),
            view(0, 1, 0, 0, &[0, 1, 2]),
            view(5, 2, 1, 1, &[1, 2]),
            view(6, 0, 0, 0, &[0]),
            view(7, 1, 1, 1, &[1, 2]),
            view(9, 1, 1, 1, &[0, 1, 2]),
        ]);
        assert_eq!(told(&lanes.leader), [("broker 0", 0.0, 40.0), ("broker 1", 40.0, 60.0)]);
        assert_eq!(
            told(&lanes.isr),
            [("0 1 2", 0.0, 40.0), ("1 2", 40.0, 40.0), ("0 1 2", 80.0, 20.0)]
        );
        assert_eq!(lanes.leader[1].title, "broker 1 leads in epoch 1, 4.0 s to 10.0 s");
        let looks: Vec<&str> = lanes.isr.iter().map(|s| s.class.as_str()).collect();
        assert_eq!(looks, ["full", "shrunk", "full"]);
    }

    #[test]
    fn a_partition_without_a_leader_says_so_until_its_epoch_has_one() {
        let lanes = of(&[view(1, 0, 0, 0, &[0]), view(3, 1, -1, 1, &[]), view(6, 1, 0, 2, &[0])]);
        assert_eq!(
            told(&lanes.leader),
            [("broker 0", 0.0, 20.0), ("none", 20.0, 30.0), ("broker 0", 50.0, 50.0)]
        );
    }

    #[test]
    fn what_lies_outside_the_axis_is_not_drawn() {
        let lanes = of(&[view(0, 0, 0, 0, &[0]), view(20, 0, 0, 0, &[0, 1])]);
        assert_eq!(told(&lanes.isr), [("0", 0.0, 100.0)]);
        assert_eq!(of(&[]).leader, []);
    }
}
