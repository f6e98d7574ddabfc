//! The environment variables of an `exec` command.

use super::RunFolder;
use crate::plan::Plan;
use crate::runtime::{Cluster, Process};
use std::sync::Arc;

/// Gives the variables as they are now. `producers` are the process ids of the producers, in the
/// order of the cells.
pub(super) fn environment(
    cluster: &Arc<dyn Cluster>,
    plan: &Plan,
    folder: &RunFolder,
    producers: &[u32],
) -> Box<dyn Fn() -> Vec<(String, String)> + Send + Sync> {
    let cluster = Arc::clone(cluster);
    let topics: Vec<&str> = plan.cells.iter().map(|c| c.topic.name.as_str()).collect();
    let cells: Vec<&str> = plan.cells.iter().map(|c| c.id.as_str()).collect();
    let fixed = [
        ("CHAOS_TOPICS", topics.join(",")),
        ("CHAOS_CELLS", cells.join(",")),
        ("CHAOS_RUN_DIR", folder.path().display().to_string()),
        ("CHAOS_PHASE", "faults".to_owned()),
    ];
    let producers: Vec<i32> = producers.iter().map(|pid| *pid as i32).collect();
    Box::new(move || {
        let mut variables: Vec<(String, String)> =
            fixed.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
        variables.push(("CHAOS_BOOTSTRAP".to_owned(), cluster.client_bootstrap_servers()));
        let number = |pid| cluster.pid_for_clients(pid);
        let (own, host) = numbers(&number, &producers);
        variables.push(("CHAOS_PRODUCER_PIDS".to_owned(), own));
        variables.push(("CHAOS_PRODUCER_HOST_PIDS".to_owned(), host));
        for node in cluster.nodes().into_iter().filter(|n| n.id >= 0) {
            if let Some(pid) = node.pids().first() {
                let (own, host) = numbers(&number, &[*pid]);
                variables.push((format!("CHAOS_NODE_{}_PID", node.id), own));
                variables.push((format!("CHAOS_NODE_{}_HOST_PID", node.id), host));
                let netns = format!("/proc/{pid}/ns/net");
                variables.push((format!("CHAOS_NODE_{}_NETNS", node.id), netns));
            }
            variables.push((format!("CHAOS_NODE_{}_NAME", node.id), node.name));
        }
        variables
    })
}

/// The ids of the live processes, as the command sees them and as the host does.
fn numbers(number: &dyn Fn(i32) -> Option<i32>, pids: &[i32]) -> (String, String) {
    // A zombie has an id, and does not live.
    let living = pids.iter().filter(|pid| Process::find(**pid).is_some());
    let living = living.filter_map(|pid| Some((number(*pid)?, *pid)));
    let (own, host): (Vec<String>, Vec<String>) =
        living.map(|(own, host)| (own.to_string(), host.to_string())).unzip();
    (own.join(" "), host.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dead_are_not_listed_not_even_before_they_are_reaped() {
        let mut dead = std::process::Command::new("true").spawn().unwrap();
        let (own, zombie) = (std::process::id() as i32, dead.id() as i32);
        while Process::find(zombie).is_some() {
            std::thread::yield_now();
        }
        let (numbers, host) = numbers(&|pid| Some(pid + 1), &[zombie, own]);
        assert_eq!((numbers, host), ((own + 1).to_string(), own.to_string()));
        dead.wait().unwrap();
    }
}
