//! The timeline: faults in the order of their times, and whether their targets can exist.

use super::make::Maker;
use super::types::{Cell, ClusterPlan, Election, FaultAction, FaultPlan, Ports, Target};
use crate::model::Controllers;
use crate::scenario::{Action, FaultItem};
use crate::yaml::{At, Place, suggest};

/// How long a command may take when the scenario does not say: a minute.
const COMMAND_MS: u64 = 60_000;
/// How long elections are asked for when the scenario does not say: a killed broker that is to
/// lead again may take that long to start and catch up.
const ELECTION_MS: u64 = 20_000;

/// Makes the timeline.
pub fn plan(maker: &mut Maker<'_>, cluster: &ClusterPlan, cells: &[Cell]) -> Vec<FaultPlan> {
    let scenario = maker.scenario;
    let mut faults: Vec<FaultPlan> = Vec::new();
    for item in &scenario.faults {
        check_targets(maker, item, cluster, cells);
        let length = item.duration.as_ref().map(|d| d.value.millis(&cluster.clocks));
        let action = decided(&item.action);
        let most_ms = match action {
            FaultAction::ElectLeaders { .. } => ELECTION_MS,
            _ => COMMAND_MS,
        };
        faults.push(FaultPlan {
            index: 0,
            action,
            at_ms: item.at.value.millis(&cluster.clocks),
            for_ms: length.unwrap_or(most_ms),
        });
    }
    check_lengths(maker, &faults);
    check_inside(maker, cluster, &faults);
    faults.sort_by_key(|fault| fault.at_ms);
    for (index, fault) in (0..).zip(faults.iter_mut()) {
        fault.index = index;
    }
    faults
}

fn decided(action: &Action) -> FaultAction {
    let values = |targets: &[At<Target>]| targets.iter().map(|target| target.value).collect();
    match action {
        Action::ProcessStop(targets) => FaultAction::ProcessStop { targets: values(targets) },
        Action::Pause(targets) => FaultAction::Pause { targets: values(targets) },
        Action::Kill(targets) => FaultAction::Kill { targets: values(targets) },
        Action::NetworkPartition(groups, ports) => FaultAction::NetworkPartition {
            groups: groups.iter().map(|group| values(group)).collect(),
            ports: *ports,
        },
        Action::ElectLeaders(election) => FaultAction::ElectLeaders { election: *election },
        Action::Exec(command, touches) => {
            FaultAction::Exec { command: command.clone(), touches: values(touches) }
        }
    }
}

/// What is healed in the moment in which it begins could prove nothing.
fn check_lengths(maker: &mut Maker<'_>, faults: &[FaultPlan]) {
    let scenario = maker.scenario;
    for (item, fault) in scenario.faults.iter().zip(faults) {
        if let (Some(length), 0) = (&item.duration, fault.for_ms) {
            let message = format!("`{}` lasts 0 ms", fault.action.kind());
            maker.report(length.place, message, "write how long, as in `for: 10s`");
        }
    }
}

/// A fault must begin and be healed before sending ends, or nobody would see what it did.
fn check_inside(maker: &mut Maker<'_>, cluster: &ClusterPlan, faults: &[FaultPlan]) {
    let scenario = maker.scenario;
    let Some(duration) = &scenario.duration else { return };
    if !scenario.is_sound(&["timing"]) {
        return;
    }
    let end_ms = duration.value.millis(&cluster.clocks);
    for (item, fault) in scenario.faults.iter().zip(faults) {
        let kind = fault.action.kind();
        if fault.at_ms >= end_ms {
            let message =
                format!("`{kind}` begins at {} ms, but the run ends at {end_ms} ms", fault.at_ms);
            maker.report(item.at.place, message, "begin it earlier, or make `duration` longer");
        } else if let (Some(length), true) = (&item.duration, fault.end_ms() > end_ms) {
            let message = format!(
                "`{kind}` is healed at {} ms, but the run ends at {end_ms} ms",
                fault.end_ms()
            );
            maker.report(length.place, message, "shorten it, or make `duration` longer");
        }
    }
}

fn check_targets(maker: &mut Maker<'_>, item: &FaultItem, cluster: &ClusterPlan, cells: &[Cell]) {
    let groups: Vec<&[At<Target>]> = match &item.action {
        Action::ProcessStop(targets) | Action::Pause(targets) | Action::Kill(targets) => {
            vec![targets]
        }
        Action::NetworkPartition(groups, _) => groups.iter().map(Vec::as_slice).collect(),
        Action::ElectLeaders(election) => {
            return check_election(maker, item.place, *election, cells);
        }
        Action::Exec(_, touches) => {
            return touches.iter().for_each(|target| check_exists(maker, target, cluster, cells));
        }
    };
    for target in groups.iter().copied().flatten() {
        check_exists(maker, target, cluster, cells);
    }
    if let Action::NetworkPartition(_, ports) = &item.action {
        check_traffic(maker, item.place, &groups, *ports, cluster.controllers);
    }
    let mut seen: Vec<(usize, &At<Target>)> = Vec::new();
    for (group, target) in
        groups.iter().enumerate().flat_map(|(i, g)| g.iter().map(move |t| (i, t)))
    {
        let clash = seen.iter().find(|(other_group, other)| {
            *other_group != group && always_overlap(other.value, target.value)
        });
        if let Some((_, other)) = clash {
            let message = format!(
                "`{}` and `{}` share a node, but are in two groups",
                other.value, target.value
            );
            maker.report(target.place, message, "a node can be on one side of a cut only");
        }
        seen.push((group, target));
    }
    check_no_broker_left(maker, &groups, cluster, cells);
}

/// A cut needs traffic of its kind between two of its groups.
fn check_traffic(
    maker: &mut Maker<'_>,
    place: Place,
    groups: &[&[At<Target>]],
    ports: Ports,
    controllers: Controllers,
) {
    let is_broker = |target| target != Target::Controller || controllers == Controllers::Combined;
    let talk = |a: Target, b: Target| match (a == Target::Clients, b == Target::Clients) {
        (true, true) => false,
        (true, false) | (false, true) => matches!(ports, Ports::All | Ports::Client),
        (false, false) => match ports {
            Ports::All | Ports::Controller => true,
            Ports::Replication => is_broker(a) && is_broker(b),
            Ports::Client => false,
        },
    };
    let pairs = groups.iter().enumerate().flat_map(|(i, a)| {
        groups[i + 1..].iter().flat_map(|b| a.iter().flat_map(|x| b.iter().map(move |y| (x, y))))
    });
    if pairs.into_iter().any(|(x, y)| talk(x.value, y.value)) {
        return;
    }
    if maker.scenario.is_sound(&["controllers"]) {
        let message = format!("no `{ports}` traffic goes between these groups");
        let help = "`client` is between `clients` and brokers, `replication` between brokers, \
                    `controller` between brokers and controllers; leave `ports` out to cut all";
        maker.report(place, message, help);
    }
}

/// An election needs a topic that it is for, and somebody who could be elected.
fn check_election(maker: &mut Maker<'_>, place: Place, election: Election, cells: &[Cell]) {
    let needed = [
        "unclean.leader.election.enable",
        "replication.factor",
        "brokers",
        "topic",
        "matrix",
        "key",
    ];
    if cells.is_empty() || !maker.scenario.is_sound(&needed) {
        return;
    }
    let mut topics = cells.iter().map(|cell| &cell.topic).filter(|t| election.is_for(t)).peekable();
    if topics.peek().is_none() {
        let message = "`elect_leaders: unclean` has no topic to act on";
        let help = "write `unclean.leader.election.enable: true` under `topic`, or list it in \
                    `matrix`; topics that have `false` are left alone";
        maker.report(place, message, help);
    } else if topics.all(|topic| topic.replication_factor() == 1) {
        let message = "`elect_leaders` can elect nobody: with `replication.factor: 1` the leader is \
                       alone";
        maker.report(place, message, "raise `replication.factor`");
    }
}

fn check_exists(maker: &mut Maker<'_>, target: &At<Target>, cluster: &ClusterPlan, cells: &[Cell]) {
    match target.value {
        Target::Broker(id)
            if !cluster.broker_ids.contains(&id) && maker.scenario.is_sound(&["brokers"]) =>
        {
            let message = format!("there is no `broker:{id}`");
            let help = match cluster.broker_ids.as_slice() {
                [only] => format!("the only broker is `broker:{only}`"),
                [first, .., last] if last - first == i32::from(cluster.brokers) - 1 => {
                    format!("the brokers are `broker:{first}` to `broker:{last}`")
                }
                ids => {
                    let words: Vec<String> = ids.iter().map(|id| format!("broker:{id}")).collect();
                    format!("the brokers are {}", suggest::listed(&words))
                }
            };
            maker.report(target.place, message, help);
        }
        Target::Follower | Target::Followers => {
            let alone = cells.first().is_some_and(|cell| cell.topic.replication_factor() == 1);
            if alone && maker.scenario.is_sound(&["replication.factor", "brokers"]) {
                let message = format!(
                    "`{}` can be nobody: with `replication.factor: 1` the leader is alone",
                    target.value
                );
                maker.report(target.place, message, "raise `replication.factor`, or name another");
            }
        }
        _ => {}
    }
}

/// Whether two targets share a node whatever happens before.
fn always_overlap(a: Target, b: Target) -> bool {
    let follows = |target| matches!(target, Target::Follower | Target::Followers);
    match (a, b) {
        (Target::All, other) | (other, Target::All) => other != Target::Clients,
        _ => a == b || (follows(a) && follows(b)),
    }
}

/// When every broker holds a replica, the leader and its followers are all brokers there are, so
/// a broker by its number in a third group is surely one of them.
fn check_no_broker_left(
    maker: &mut Maker<'_>,
    groups: &[&[At<Target>]],
    cluster: &ClusterPlan,
    cells: &[Cell],
) {
    let everywhere = cells
        .first()
        .is_some_and(|cell| cell.topic.replication_factor() == usize::from(cluster.brokers));
    if !everywhere || !maker.scenario.is_sound(&["replication.factor", "brokers", "controllers"]) {
        return;
    }
    let group_of = |target| groups.iter().position(|g| g.iter().any(|t| t.value == target));
    let (leader, followers) = (group_of(Target::Leader), group_of(Target::Followers));
    let (Some(leader), Some(followers)) = (leader, followers) else { return };
    let third: Option<(Target, Place)> = groups
        .iter()
        .enumerate()
        .filter(|(i, _)| *i != leader && *i != followers)
        .flat_map(|(_, group)| group.iter())
        .find(|target| match target.value {
            Target::Broker(_) => true,
            Target::Controller => cluster.controllers == Controllers::Combined,
            _ => false,
        })
        .map(|target| (target.value, target.place));
    if let Some((target, place)) = third {
        let message =
            format!("`{target}` is in a third group, but every broker is the leader or a follower");
        maker.report(place, message, "a node can be on one side of a cut only");
    }
}
