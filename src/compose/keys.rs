//! Which keys of a service are used, which are ignored with a note, and which are refused because
//! ignoring them would change what Kafka does.

/// How a key is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Treatment {
    /// Read by [`super::service`].
    Read,
    /// Accepted; irrelevant here.
    Silent,
    /// Ignored, with a note that gives this reason.
    Noted(&'static str),
    /// Refused, with this advice.
    Refused(&'static str),
}

use Treatment::{Noted, Read, Refused, Silent};

const PROXY: &str = "no capability is needed: faults act from outside of the container";
const RUN: &str = "it does not change what Kafka does";
const NODE: &str = "a node needs its own network, process tree and files; remove it";
const CLOCK: &str = "remove it: what a run shows would depend on it; `mem_limit` is supported";

/// Every service key that Compose knows.
pub(super) const SERVICE: &[(&str, Treatment)] = &[
    ("annotations", Noted(RUN)),
    ("attach", Silent),
    ("blkio_config", Refused(CLOCK)),
    ("build", Read),
    ("cap_add", Noted(PROXY)),
    ("cap_drop", Noted(RUN)),
    ("cgroup", Refused(NODE)),
    ("cgroup_parent", Refused(NODE)),
    ("command", Read),
    ("configs", Refused("bind the file: `./FILE:/PATH:ro` under `volumes`")),
    ("container_name", Noted("a second run would collide")),
    ("cpu_count", Refused(CLOCK)),
    ("cpu_percent", Refused(CLOCK)),
    ("cpu_period", Refused(CLOCK)),
    ("cpu_quota", Refused(CLOCK)),
    ("cpu_rt_period", Refused(CLOCK)),
    ("cpu_rt_runtime", Refused(CLOCK)),
    ("cpu_shares", Refused(CLOCK)),
    ("cpus", Refused(CLOCK)),
    ("cpuset", Refused(CLOCK)),
    ("credential_spec", Refused(NODE)),
    ("depends_on", Silent),
    ("deploy", Read),
    ("develop", Silent),
    ("device_cgroup_rules", Refused(NODE)),
    ("devices", Refused(NODE)),
    ("dns", Refused("remove it: nodes find each other by Docker's own names")),
    ("dns_opt", Refused("remove it: nodes find each other by Docker's own names")),
    ("dns_search", Refused("remove it: nodes find each other by Docker's own names")),
    ("domainname", Refused("write the whole name as `hostname`")),
    ("entrypoint", Read),
    ("env_file", Read),
    ("environment", Read),
    ("expose", Silent),
    (
        "extends",
        Refused("write the service out, or share its keys through an anchor: `<<: *common`"),
    ),
    ("external_links", Refused("remove it: chaos starts everything a cluster needs")),
    ("extra_hosts", Read),
    ("gpus", Refused(NODE)),
    ("group_add", Refused("write `user: UID:GID`")),
    ("healthcheck", Silent),
    ("hostname", Read),
    ("image", Read),
    ("init", Noted("Kafka itself is the container's first process")),
    ("ipc", Refused(NODE)),
    ("isolation", Refused(NODE)),
    ("label_file", Refused("write `labels`")),
    ("labels", Read),
    ("links", Refused("remove it: services know each other by name; give others as `aliases`")),
    ("logging", Noted("chaos keeps the nodes' logs itself")),
    ("mac_address", Noted(RUN)),
    ("mem_limit", Read),
    ("mem_reservation", Noted(RUN)),
    ("mem_swappiness", Refused(CLOCK)),
    ("memswap_limit", Refused(CLOCK)),
    ("network_mode", Refused("write `networks`: chaos cuts a node off in its own network")),
    ("networks", Read),
    ("oom_kill_disable", Refused(CLOCK)),
    ("oom_score_adj", Noted(RUN)),
    ("pid", Refused(NODE)),
    ("pids_limit", Refused(CLOCK)),
    ("platform", Noted("chaos uses the image as it is")),
    ("ports", Read),
    ("post_start", Refused("write an `exec` fault in the scenario")),
    ("pre_stop", Noted("a fault must be the only thing that changes state")),
    ("privileged", Noted(PROXY)),
    ("profiles", Refused("remove it, so that the node belongs to the cluster always")),
    ("pull_policy", Noted("chaos pulls missing images only")),
    ("read_only", Noted(RUN)),
    ("restart", Noted("a fault must be the only thing that changes state")),
    ("runtime", Refused(NODE)),
    ("scale", Refused("write one service for each node: each needs its own `node.id`")),
    ("secrets", Refused("bind the file: `./FILE:/PATH:ro` under `volumes`")),
    ("security_opt", Noted(RUN)),
    ("shm_size", Noted(RUN)),
    ("stdin_open", Noted(RUN)),
    ("stop_grace_period", Noted("chaos removes containers at once")),
    ("stop_signal", Noted("chaos removes containers at once")),
    ("storage_opt", Refused(NODE)),
    ("sysctls", Refused("remove it: it changes how the network reacts to a fault")),
    ("tmpfs", Read),
    ("tty", Noted(RUN)),
    ("ulimits", Noted("containers have the daemon's own limits")),
    ("user", Read),
    ("userns_mode", Refused(NODE)),
    ("uts", Refused(NODE)),
    ("volumes", Read),
    ("volumes_from", Refused("name the volumes under `volumes`")),
    ("working_dir", Refused("write whole paths in `command` and `entrypoint`")),
];

/// Every top-level key.
pub(super) const TOP: &[(&str, Treatment)] = &[
    ("configs", Silent),
    ("include", Refused("write the services into this file")),
    ("name", Noted("every run is its own project")),
    ("networks", Read),
    ("secrets", Silent),
    ("services", Read),
    ("version", Silent),
    ("volumes", Read),
];

/// Every key of a top-level network.
pub(super) const NETWORK: &[(&str, Treatment)] = &[
    ("attachable", Silent),
    ("driver", Read),
    ("driver_opts", Refused("remove it: chaos makes plain bridges")),
    ("enable_ipv4", Refused("remove it: nodes talk over IPv4")),
    ("enable_ipv6", Noted("nodes talk over IPv4")),
    ("external", Read),
    ("internal", Refused("remove it: published ports would not be reached")),
    ("ipam", Noted("Docker chooses addresses, so that runs fit side by side")),
    ("labels", Noted("what chaos makes carries its own")),
    ("name", Noted("every run is its own project")),
];

/// Every key of a top-level volume.
pub(super) const VOLUME: &[(&str, Treatment)] = &[
    ("driver", Read),
    ("driver_opts", Refused("remove it; bind a folder of the host as `/PATH:/TARGET`")),
    ("external", Read),
    ("labels", Noted("what chaos makes carries its own")),
    ("name", Noted("every run is its own project")),
];

/// How this table treats a key; `None`: it is unknown. Extensions are silent.
pub(super) fn treatment(table: &[(&str, Treatment)], key: &str) -> Option<Treatment> {
    if key.starts_with("x-") {
        return Some(Silent);
    }
    table.iter().find(|(known, _)| *known == key).map(|(_, treatment)| *treatment)
}

pub(super) fn names<'k>(table: &[(&'k str, Treatment)]) -> Vec<&'k str> {
    table.iter().map(|(name, _)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_name_each_key_once() {
        for table in [SERVICE, TOP, NETWORK, VOLUME] {
            let names = names(table);
            assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        }
    }
}
