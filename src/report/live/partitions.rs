//! [`Partitions`]: leader, epoch and ISR of each, as far as brokers have said. Few partitions are
//! listed one by one; for many, how many each broker leads and what is unusual.

use super::view::{Room, padded, width};
use crate::event::{BrokerView, ControllerView, PartitionView, TopicShape};
use crate::kafka::leaders::{self, Claim};
use crate::report::printable;
use std::collections::BTreeMap;

/// The most partitions listed one by one.
const FEW: usize = 6;

/// The last claims of brokers about partitions and the quorum, and which of them answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Partitions {
    topics: Vec<Topic>,
    controllers: BTreeMap<i32, ControllerView>,
    answers: BTreeMap<i32, bool>,
}

#[derive(Clone, Debug)]
struct Topic {
    name: String,
    /// For people; empty if there is only one.
    cell: String,
    replicas: usize,
    /// By partition and by broker.
    claims: Vec<BTreeMap<i32, PartitionView>>,
}

/// One partition as [`crate::kafka::leaders`] judges it.
#[derive(Clone, Debug, PartialEq)]
struct Standing<'a> {
    /// `acks=1 p0`.
    name: String,
    leader: i32,
    /// Whether the leader does not answer: it may be dead, and no other is elected yet.
    silent: bool,
    epoch: i32,
    isr: &'a [i32],
    replicas: usize,
    /// Brokers that answer and consider themselves its leader, in an epoch that is over.
    zombies: Vec<i32>,
}

impl Partitions {
    /// Of these cells, without claims yet.
    pub(super) fn of(cells: &[String], topics: &[TopicShape]) -> Self {
        let one = topics.len() == 1;
        let topics = cells.iter().zip(topics).map(|(cell, topic)| Topic {
            name: topic.name.clone(),
            cell: if one { String::new() } else { format!("{} ", printable(cell)) },
            replicas: usize::from(topic.replicas),
            claims: vec![BTreeMap::new(); topic.partitions as usize],
        });
        Partitions { topics: topics.collect(), ..Partitions::default() }
    }

    /// A broker made a new claim about a partition.
    pub(super) fn claimed(&mut self, view: &PartitionView) {
        let topic = self.topics.iter_mut().find(|topic| topic.name == view.topic);
        let partition = usize::try_from(view.partition).ok();
        let claims = topic.zip(partition).and_then(|(topic, p)| topic.claims.get_mut(p));
        if let Some(claims) = claims {
            claims.insert(view.asked, view.clone());
        }
    }

    /// A broker made a new claim about the quorum.
    pub(super) fn controls(&mut self, view: &ControllerView) {
        self.controllers.insert(view.asked, view.clone());
    }

    /// A broker began or stopped answering.
    pub(super) fn answers(&mut self, view: &BrokerView) {
        self.answers.insert(view.broker, view.answers);
    }

    /// At most `height` lines; empty before the first claim.
    pub(super) fn lines(&self, height: usize, room: Room) -> Vec<String> {
        let count: usize = self.topics.iter().map(|topic| topic.claims.len()).sum();
        let all = self.standings();
        let mut lines = match all.len() {
            0 => Vec::new(),
            _ if count <= FEW => one_by_one(&all, room),
            _ => summed_up(&all, count, room),
        };
        lines.truncate(height.saturating_sub(1));
        lines.extend(self.nodes_line(room));
        lines
    }

    /// All partitions with a claim.
    fn standings(&self) -> Vec<Standing<'_>> {
        let mut all = Vec::new();
        for topic in &self.topics {
            for (partition, claims) in topic.claims.iter().enumerate() {
                let name = format!("{}p{partition}", topic.cell);
                all.extend(self.standing(name, topic.replicas, claims));
            }
        }
        all
    }

    fn standing<'a>(
        &self,
        name: String,
        replicas: usize,
        claims: &'a BTreeMap<i32, PartitionView>,
    ) -> Option<Standing<'a>> {
        let answers = |broker: i32| self.answers.get(&broker) == Some(&true);
        let claims = claims.values().map(Claim::from);
        let Claim { leader, epoch, .. } = leaders::leading(claims.clone())?;
        let isr = leaders::in_sync(claims.clone(), answers)?;
        let zombies = leaders::zombies(claims, answers);
        let silent = self.answers.get(&leader) == Some(&false);
        Some(Standing { name, leader, silent, epoch, isr, replicas, zombies })
    }

    /// The active controller and the silent brokers.
    fn nodes_line(&self, room: Room) -> Option<String> {
        let named = leaders::leading(self.controllers.values().map(Claim::from));
        let controller = named.map(|claim| match claim.leader {
            ..0 => room.paint.warn("no active controller"),
            leader => format!("node {leader} is the active controller in epoch {}", claim.epoch),
        });
        let silent: Vec<i32> =
            self.answers.iter().filter(|(_, yes)| !**yes).map(|(id, _)| *id).collect();
        let silent = match silent.len() {
            0 => None,
            1 => Some(format!("broker {} is silent", list(&silent))),
            _ => Some(format!("brokers {} are silent", list(&silent))),
        };
        let silent = silent.map(|text| room.paint.warn(text));
        let told: Vec<String> = controller.into_iter().chain(silent).collect();
        (!told.is_empty()).then(|| format!("{}{}", room.key("nodes"), told.join(", ")))
    }
}

/// Ids as Kafka's own tools print them: `0,1,2`.
fn list(ids: &[i32]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

impl Standing<'_> {
    fn isr(&self, room: Room) -> String {
        let isr = format!("isr {}", list(self.isr));
        if self.isr.len() >= self.replicas {
            isr
        } else {
            room.paint.warn(format!("{isr} of {}", self.replicas))
        }
    }

    fn segment(&self, room: Room) -> String {
        let leader = match self.leader {
            ..0 => room.paint.bad("no leader"),
            leader if self.silent => room.paint.warn(format!("{leader} (silent)")),
            leader => leader.to_string(),
        };
        let mut text =
            format!("{}: {leader} in epoch {}, {}", self.name, self.epoch, self.isr(room));
        if !self.zombies.is_empty() {
            text += &format!(", {} leads, too", room.paint.warn(list(&self.zombies)));
        }
        text
    }
}

/// In as many columns as fit.
fn one_by_one(all: &[Standing<'_>], room: Room) -> Vec<String> {
    let segments: Vec<String> = all.iter().map(|standing| standing.segment(room)).collect();
    let column = segments.iter().map(|segment| width(segment)).max().unwrap_or(0);
    let across = (room.width.saturating_sub(Room::KEY) + 3) / (column + 3);
    let line = |(i, row): (usize, &[String])| {
        let row: Vec<String> = row.iter().map(|segment| padded(segment, column, false)).collect();
        let key = if i == 0 { "leader" } else { "" };
        format!("{}{}", room.key(key), row.join("   ")).trim_end().to_owned()
    };
    segments.chunks(across.max(1)).enumerate().map(line).collect()
}

/// How many each broker leads, then what is unusual, the worst first.
fn summed_up(all: &[Standing<'_>], count: usize, room: Room) -> Vec<String> {
    let mut led: BTreeMap<i32, usize> = BTreeMap::new();
    for standing in all.iter().filter(|standing| standing.leader >= 0) {
        *led.entry(standing.leader).or_default() += 1;
    }
    let silent = |id: &i32| all.iter().any(|standing| standing.leader == *id && standing.silent);
    let led = led.iter().map(|(id, n)| match silent(id) {
        true => room.paint.warn(format!("broker {id} (silent) leads {n}")),
        false => format!("broker {id} leads {n}"),
    });
    let led: Vec<String> = led.collect();
    let mut lines = vec![format!("{}{} of {count} partitions", room.key("leader"), led.join(", "))];
    let mut tell = |words: String, of: &[&Standing<'_>]| {
        let names: Vec<&str> = of.iter().map(|standing| standing.name.as_str()).collect();
        let words = room.paint.warn(format!("{} {words}", of.len()));
        lines.push(format!("{}{words}: {}", room.key(""), names.join(", ")));
    };
    let leaderless: Vec<&Standing<'_>> = all.iter().filter(|s| s.leader < 0).collect();
    if !leaderless.is_empty() {
        tell("without a leader".to_owned(), &leaderless);
    }
    let mut zombies: BTreeMap<&[i32], Vec<&Standing<'_>>> = BTreeMap::new();
    let mut behind: BTreeMap<(&[i32], usize), Vec<&Standing<'_>>> = BTreeMap::new();
    for standing in all {
        if !standing.zombies.is_empty() {
            zombies.entry(&standing.zombies).or_default().push(standing);
        }
        if standing.isr.len() < standing.replicas {
            behind.entry((standing.isr, standing.replicas)).or_default().push(standing);
        }
    }
    for (brokers, of) in &zombies {
        tell(format!("that broker {} leads, too, in an old epoch", list(brokers)), of);
    }
    let mut behind: Vec<_> = behind.into_iter().collect();
    behind.sort_by_key(|(_, of)| std::cmp::Reverse(of.len()));
    for ((isr, replicas), of) in &behind {
        tell(format!("with isr {} of {replicas}", list(isr)), of);
    }
    lines
}

#[cfg(test)]
mod tests;
