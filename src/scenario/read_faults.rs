//! Reads `faults:`, one item a fault.

use super::not_yet;
use super::types::{Action, FaultItem};
use crate::plan::{Election, Ports, Target};
use crate::yaml::{At, Entry, Kind, Node, Place, Reader, suggest};

/// A timeline has no more faults.
pub const MOST_FAULTS: usize = 20;

/// The faults, by their keys.
pub const KINDS: &[&str] =
    &["process_stop", "pause", "kill", "network_partition", "elect_leaders", "exec"];

/// These are over when they are done, and need no `for`.
pub const END_BY_THEMSELVES: &[&str] = &["elect_leaders", "exec"];

/// Whom a fault may mean, but for `broker:ID`.
pub const TARGETS: &[(&str, Target)] = &[
    ("leader", Target::Leader),
    ("follower", Target::Follower),
    ("followers", Target::Followers),
    ("controller", Target::Controller),
    ("clients", Target::Clients),
    ("producer", Target::Clients),
    ("all", Target::All),
];

/// What `elect_leaders` may be.
pub const ELECTIONS: &[(&str, Election)] =
    &[("preferred", Election::Preferred), ("unclean", Election::Unclean)];

/// What `ports` may be.
pub const PORTS: &[(&str, Ports)] = &[
    ("all", Ports::All),
    ("replication", Ports::Replication),
    ("controller", Ports::Controller),
    ("client", Ports::Client),
];

impl Reader {
    /// `faults:`.
    pub fn faults(&mut self, node: &Node) -> Vec<FaultItem> {
        let items = match &node.kind {
            Kind::List(items) => items,
            Kind::Null => return Vec::new(),
            Kind::Map(_) | Kind::Scalar(_) => {
                let message = format!("`faults` must be a list, not {}", node.noun());
                self.report(node.place, message, "begin each fault with `- `");
                self.break_off("faults");
                return Vec::new();
            }
        };
        if let Some(extra) = items.get(MOST_FAULTS) {
            let message = format!("there are {} faults", items.len());
            self.report(extra.place, message, format!("a scenario may have {MOST_FAULTS}"));
        }
        let read: Vec<Option<FaultItem>> = items.iter().map(|item| self.fault(item)).collect();
        if read.iter().any(Option::is_none) {
            self.break_off("faults");
        }
        read.into_iter().flatten().collect()
    }

    fn fault(&mut self, node: &Node) -> Option<FaultItem> {
        if !matches!(node.kind, Kind::Map(_)) {
            let message = format!("a fault must be a map, not {}", node.noun());
            self.report(
                node.place,
                message,
                "write `- process_stop: leader`, then `at:` and `for:`",
            );
            return None;
        }
        let problems_before = self.problems.len();
        let mut kind: Option<&Entry> = None;
        let (mut at, mut duration, mut ports, mut touches) = (None, None, None, None);
        for entry in self.map(node, "faults", "") {
            match entry.key.value.as_str() {
                "at" => at = self.length(&entry.value, "at"),
                "for" => duration = self.length(&entry.value, "for"),
                "ports" => {
                    ports = self.choice(&entry.value, "ports", PORTS).map(|p| (p, entry.key.place));
                }
                "touches" => {
                    touches = self.targets(&entry.value, "touches").map(|t| (t, entry.key.place));
                }
                name if KINDS.contains(&name) => match kind {
                    None => kind = Some(entry),
                    Some(first) => {
                        let message =
                            format!("one item has two faults, `{}` and `{name}`", first.key.value);
                        let help = "begin the second with `- `, with its own `at:` and `for:`";
                        self.report(entry.key.place, message, help);
                    }
                },
                _ => {
                    let known: Vec<&str> =
                        KINDS.iter().chain(&["at", "for", "ports", "touches"]).copied().collect();
                    self.unknown_key(&entry.key, "a fault", &known);
                }
            }
        }
        let Some(kind) = kind else {
            // An unknown key is most likely the mistyped kind; one message on it is enough.
            if self.problems.len() == problems_before {
                let help = format!("name one of {}", suggest::listed(KINDS));
                self.report(node.place, "this item names no fault", help);
            }
            return None;
        };
        self.missing_times(kind, at.is_some(), duration.is_some(), node);
        let action = self.action(kind, ports, touches);
        if self.problems.len() > problems_before {
            return None;
        }
        Some(FaultItem { action: action?, place: kind.key.place, at: at?, duration })
    }

    fn missing_times(&mut self, kind: &Entry, has_at: bool, has_for: bool, node: &Node) {
        let Kind::Map(entries) = &node.kind else { return };
        let written = |name: &str| entries.iter().any(|entry| entry.key.value == name);
        let name = &kind.key.value;
        if !has_at && !written("at") {
            let help = "write `at: 5s`, counted from the first acknowledgements";
            self.report(kind.key.place, format!("`{name}` has no `at`"), help);
        }
        if !has_for && !written("for") && !END_BY_THEMSELVES.contains(&name.as_str()) {
            let help = "write `for: 10s` or `for: 1.5 session`: it is healed after that";
            self.report(kind.key.place, format!("`{name}` has no `for`"), help);
        }
    }

    fn action(
        &mut self,
        kind: &Entry,
        ports: Option<(Ports, Place)>,
        touches: Option<(Vec<At<Target>>, Place)>,
    ) -> Option<Action> {
        let name = kind.key.value.as_str();
        if let (Some((_, place)), true) = (ports, name != "network_partition") {
            let message = format!("`ports` has no meaning for `{name}`");
            self.report(place, message, "only `network_partition` cuts single ports");
        }
        if let (Some((_, place)), true) = (&touches, name != "exec") {
            let message = format!("`touches` has no meaning for `{name}`");
            self.report(*place, message, "only a command of `exec` may touch what it likes");
        }
        match name {
            "process_stop" => Some(Action::ProcessStop(self.targets(&kind.value, name)?)),
            "pause" => Some(Action::Pause(self.targets(&kind.value, name)?)),
            "kill" => Some(Action::Kill(self.targets(&kind.value, name)?)),
            "network_partition" => {
                let groups = self.groups(&kind.value)?;
                Some(Action::NetworkPartition(groups, ports.map(|p| p.0).unwrap_or_default()))
            }
            "elect_leaders" => {
                Some(Action::ElectLeaders(self.choice(&kind.value, name, ELECTIONS)?))
            }
            _ => {
                let touches = touches.map(|(targets, _)| targets).unwrap_or_default();
                Some(Action::Exec(self.command(&kind.value)?, touches))
            }
        }
    }

    fn groups(&mut self, node: &Node) -> Option<Vec<Vec<At<Target>>>> {
        let help = "write the sides of the cut, as in `network_partition: [[leader], [followers]]`";
        let Kind::List(items) = &node.kind else {
            let message =
                format!("`network_partition` must be a list of groups, not {}", node.noun());
            self.report(node.place, message, help);
            return None;
        };
        let too_few = match items.as_slice() {
            [] => Some("`network_partition` has no groups"),
            [_] => Some("`network_partition` has one group, and nothing to cut it off from"),
            _ => None,
        };
        if let Some(message) = too_few {
            self.report(node.place, message, help);
            return None;
        }
        let groups: Vec<_> =
            items.iter().filter_map(|group| self.targets(group, "network_partition")).collect();
        Some(groups)
    }

    fn targets(&mut self, node: &Node, name: &str) -> Option<Vec<At<Target>>> {
        if matches!(&node.kind, Kind::List(items) if items.is_empty()) {
            let help = "name a target, as in `leader`";
            self.report(node.place, format!("`{name}` has an empty list of targets"), help);
            return None;
        }
        let words = self.scalars(node, name);
        let targets: Vec<_> = words.iter().filter_map(|word| self.target(word)).collect();
        (!targets.is_empty()).then_some(targets)
    }

    fn target(&mut self, word: &At<String>) -> Option<At<Target>> {
        let text = word.value.trim();
        if let Some((_, target)) = TARGETS.iter().find(|(known, _)| *known == text) {
            return Some(At::new(*target, word.place));
        }
        if let Some(id) = text.strip_prefix("broker:") {
            if let Some(id) = id.parse::<i32>().ok().filter(|id| *id >= 0) {
                return Some(At::new(Target::Broker(id), word.place));
            }
            let help = "write the broker's number, as in `broker:1`";
            self.report(word.place, format!("`{text}` names no broker"), help);
            return None;
        }
        let help = match broker_id(text) {
            Some(id) => format!("did you mean `broker:{id}`?"),
            None => match not_yet::instead("a target", text) {
                Some(instead) => instead.to_owned(),
                None if self.is_elsewhere(&At::new(text.to_owned(), word.place)) => return None,
                None => {
                    let mut known: Vec<&str> = TARGETS.iter().map(|(word, _)| *word).collect();
                    known.push("broker:0");
                    suggest::help(text, &known)
                }
            },
        };
        self.report(word.place, format!("unknown target `{text}`"), help);
        None
    }

    fn command(&mut self, node: &Node) -> Option<Vec<String>> {
        let help = "write a shell command, or a list of a program and its arguments";
        let command = match &node.kind {
            Kind::Scalar(line) if !line.trim().is_empty() => {
                vec!["sh".to_owned(), "-c".to_owned(), line.clone()]
            }
            Kind::List(items) if !items.is_empty() => {
                self.scalars(node, "exec").into_iter().map(|word| word.value).collect()
            }
            _ => {
                self.report(node.place, "`exec` has no command", help);
                return None;
            }
        };
        if command.iter().any(|word| word.contains('\0'))
            || command.first().is_none_or(String::is_empty)
        {
            self.report(node.place, "`exec` has no program that could be started", help);
            return None;
        }
        Some(command)
    }
}

/// The broker that is meant by its bare number, or by its name in reports, `broker-1`.
fn broker_id(text: &str) -> Option<i32> {
    let number =
        text.strip_prefix("broker").map_or(text, |rest| rest.trim_start_matches(['-', '_', ' ']));
    number.parse().ok().filter(|id| *id >= 0)
}
