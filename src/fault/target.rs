//! From the scenario's words to nodes, at the moment of injection.

use super::FaultError;
use crate::runtime::{Liveness, Node, Role};
use crate::timeline::Target;

/// What is known of the cluster at the moment of injection.
#[derive(Clone, Debug)]
pub struct Situation {
    pub nodes: Vec<Node>,
    /// The leader of the first cell's partition 0, by the highest epoch; `None`: unknown or none.
    pub leader: Option<i32>,
    /// That partition's replicas, in placement order.
    pub replicas: Vec<i32>,
    /// The active controller according to DescribeQuorum.
    pub controller: Option<i32>,
}

/// The nodes that these targets mean, each once, in the order of the targets. Fails if a target
/// means nothing at this moment, or a node of which nobody can tell whether it lives: a fault could
/// neither touch it nor be proved on it.
pub(super) fn resolve(targets: &[Target], situation: &Situation) -> Result<Vec<Node>, FaultError> {
    let mut nodes: Vec<Node> = Vec::new();
    for target in targets {
        for node in one(*target, situation)? {
            if !nodes.iter().any(|n| n.id == node.id) {
                nodes.push(node);
            }
        }
    }
    match nodes.iter().find(|node| matches!(node.life, Liveness::Unknown)) {
        Some(node) => {
            let what = format!("nobody can tell whether {} lives", node.name);
            Err(FaultError::NoEffect(what))
        }
        None => Ok(nodes),
    }
}

/// The groups of a partition, resolved. As in Trogdor, a node in two of them is an error; so is a
/// target that means nothing at this moment.
pub(super) fn resolve_groups(
    groups: &[Vec<Target>],
    situation: &Situation,
) -> Result<Vec<Vec<Node>>, FaultError> {
    let resolved: Vec<Vec<Node>> =
        groups.iter().map(|g| resolve(g, situation)).collect::<Result<_, _>>()?;
    let mut seen: Vec<(i32, usize)> = Vec::new();
    for (group, node) in
        resolved.iter().enumerate().flat_map(|(g, ns)| ns.iter().map(move |n| (g, n)))
    {
        if let Some((_, first)) = seen.iter().find(|(id, g)| *id == node.id && *g != group) {
            let (first, second) = (first + 1, group + 1);
            return Err(FaultError::NoEffect(format!(
                "{} is in groups {first} and {second} of the partition at this moment",
                node.name
            )));
        }
        seen.push((node.id, group));
    }
    Ok(resolved)
}

fn one(target: Target, situation: &Situation) -> Result<Vec<Node>, FaultError> {
    let unresolved = |reason: &str| FaultError::Unresolved {
        target: target.to_string(),
        reason: reason.to_owned(),
    };
    let by_id = |id: i32| {
        let node = situation.nodes.iter().find(|n| n.id == id && n.role != Role::Clients);
        node.cloned().ok_or_else(|| unresolved(&format!("there is no node {id}")))
    };
    let leader = || situation.leader.ok_or_else(|| unresolved("no broker leads the partition now"));
    let followers = || -> Result<Vec<i32>, FaultError> {
        let leader = leader()?;
        Ok(situation.replicas.iter().copied().filter(|r| *r != leader).collect())
    };
    match target {
        Target::Leader => Ok(vec![by_id(leader()?)?]),
        Target::Follower => {
            let first = followers()?.first().copied();
            Ok(vec![by_id(first.ok_or_else(|| unresolved("the partition has one replica"))?)?])
        }
        Target::Followers => {
            let nodes: Vec<Node> = followers()?.into_iter().map(by_id).collect::<Result<_, _>>()?;
            if nodes.is_empty() {
                return Err(unresolved("the partition has one replica"));
            }
            Ok(nodes)
        }
        Target::Controller => {
            let id = situation.controller;
            Ok(vec![by_id(id.ok_or_else(|| unresolved("no controller is active now"))?)?])
        }
        Target::Broker(id) => {
            let node = by_id(id)?;
            if node.is_broker() { Ok(vec![node]) } else { Err(unresolved("it is not a broker")) }
        }
        Target::Clients => {
            Ok(situation.nodes.iter().filter(|n| n.role == Role::Clients).cloned().collect())
        }
        Target::All => {
            Ok(situation.nodes.iter().filter(|n| n.role != Role::Clients).cloned().collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::fake::node;

    fn situation() -> Situation {
        let nodes = vec![
            node(-1, Role::Clients),
            node(0, Role::Broker),
            node(1, Role::Broker),
            node(2, Role::Broker),
            node(100, Role::Controller),
        ];
        Situation { nodes, leader: Some(1), replicas: vec![0, 1, 2], controller: Some(100) }
    }

    fn names(targets: &[Target], situation: &Situation) -> Vec<String> {
        resolve(targets, situation).unwrap().into_iter().map(|n| n.name).collect()
    }

    #[test]
    fn roles_follow_the_leader_of_the_moment() {
        let s = situation();
        assert_eq!(names(&[Target::Leader], &s), ["broker-1"]);
        assert_eq!(names(&[Target::Follower], &s), ["broker-0"]);
        assert_eq!(names(&[Target::Followers], &s), ["broker-0", "broker-2"]);
        assert_eq!(names(&[Target::Controller], &s), ["controller-100"]);
        assert_eq!(names(&[Target::Broker(2)], &s), ["broker-2"]);
        assert_eq!(names(&[Target::Clients], &s), ["clients"]);
        assert_eq!(
            names(&[Target::All], &s),
            ["broker-0", "broker-1", "broker-2", "controller-100"]
        );
    }

    #[test]
    fn a_node_that_two_targets_mean_is_taken_once() {
        assert_eq!(names(&[Target::Leader, Target::Broker(1)], &situation()), ["broker-1"]);
    }

    #[test]
    fn a_node_that_may_or_may_not_live_is_no_target_of_anything() {
        let mut s = situation();
        s.nodes[3].life = Liveness::Unknown;
        let groups = [vec![Target::Leader], vec![Target::Followers]];
        for error in [
            resolve(&[Target::Leader, Target::Broker(2)], &s).unwrap_err(),
            resolve_groups(&groups, &s).unwrap_err(),
        ] {
            assert!(matches!(error, FaultError::NoEffect(_)), "{error:?}");
            assert_eq!(error.to_string(), "nobody can tell whether broker-2 lives");
        }
        assert_eq!(names(&[Target::Leader], &s), ["broker-1"]);
    }

    #[test]
    fn what_means_nothing_now_is_an_error_that_says_why() {
        let error =
            |targets: &[Target], s: &Situation| resolve(targets, s).unwrap_err().to_string();
        let mut s = situation();
        assert!(error(&[Target::Broker(7)], &s).contains("no node 7"));
        assert!(error(&[Target::Broker(100)], &s).contains("not a broker"));
        s.leader = None;
        assert!(error(&[Target::Leader], &s).contains("no broker leads"));
        assert!(error(&[Target::Followers], &s).contains("no broker leads"));
        s.controller = None;
        assert!(error(&[Target::Controller], &s).contains("no controller"));
        s.leader = Some(0);
        s.replicas = vec![0];
        assert!(error(&[Target::Follower], &s).contains("one replica"));
        assert!(error(&[Target::Followers], &s).contains("one replica"));
    }

    #[test]
    fn a_node_in_two_groups_is_an_error() {
        let groups = [vec![Target::Leader], vec![Target::Broker(1), Target::Broker(2)]];
        let error = resolve_groups(&groups, &situation()).unwrap_err().to_string();
        assert!(error.contains("broker-1 is in groups 1 and 2"), "{error}");
        let groups = [vec![Target::Leader], vec![Target::Followers]];
        assert_eq!(resolve_groups(&groups, &situation()).unwrap().len(), 2);
    }
}
