//! Reads `faults:`, one fault per item.

use super::types::FaultItem;
use crate::timeline::{self, FaultKind, Item, Key, Places};
use crate::yaml::{Entry, Kind, Node, Reader, suggest};

/// The limit for a timeline.
pub(super) const MOST_FAULTS: usize = 20;

/// The keys of every fault, beside its name.
const SHARED: [&str; 2] = ["at", "for"];

impl Reader {
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
        let Kind::Map(entries) = &node.kind else {
            let message = format!("a fault must be a map, not {}", node.noun());
            self.report(
                node.place,
                message,
                "write `- process_stop: leader`, then `at:` and `for:`",
            );
            return None;
        };
        let problems_before = self.problems.len();
        let mut named: Option<(&Entry, &'static FaultKind)> = None;
        let (mut at, mut duration) = (None, None);
        let mut own: Vec<(&Entry, &'static Key)> = Vec::new();
        for entry in entries {
            let name = entry.key.value.as_str();
            if name == "at" {
                at = self.length(&entry.value, name);
            } else if name == "for" {
                duration = self.length(&entry.value, name);
            } else if let Some(key) = timeline::own_keys().find(|key| key.name == name) {
                own.push((entry, key));
            } else if let Some(kind) = timeline::kind(name) {
                if let Some((first, _)) = named {
                    let message =
                        format!("one item has two faults, `{}` and `{name}`", first.key.value);
                    let help = "begin the second with `- `, with its own `at:` and `for:`";
                    self.report(entry.key.place, message, help);
                } else {
                    named = Some((entry, kind));
                }
            } else {
                let own = timeline::own_keys().map(|key| key.name);
                let known: Vec<&str> = timeline::names().chain(SHARED).chain(own).collect();
                self.unknown_key(&entry.key, "a fault", &known);
            }
        }
        self.foreign_keys(&own, named.map(|(_, kind)| kind));
        let Some((name, kind)) = named else {
            // An unknown key is most likely the misspelled kind; one message about it is enough.
            if self.problems.len() == problems_before {
                let known: Vec<&str> = timeline::names().collect();
                let help = format!("name one of {}", suggest::listed(&known));
                self.report(node.place, "this item names no fault", help);
            }
            return None;
        };
        self.missing_times(name, kind, entries);
        let written = (kind.read)(self, &Item::new(kind, entries)?);
        if self.problems.len() > problems_before {
            return None;
        }
        let written = written?;
        let places = Places { fault: name.key.place, targets: written.targets };
        Some(FaultItem { action: written.action, places, at: at?, duration })
    }

    /// Checks keys that belong to other faults, and their values.
    fn foreign_keys(&mut self, own: &[(&Entry, &'static Key)], kind: Option<&FaultKind>) {
        let has = |key: &Key| kind.is_some_and(|kind| kind.keys.iter().any(|k| k.name == key.name));
        for (entry, key) in own.iter().filter(|(_, key)| !has(key)) {
            if (key.is_sound)(self, &entry.value)
                && let Some(kind) = kind
            {
                let message = format!("`{}` has no meaning for `{}`", key.name, kind.name);
                self.report(entry.key.place, message, key.only);
            }
        }
    }

    fn missing_times(&mut self, name: &Entry, kind: &FaultKind, entries: &[Entry]) {
        let written = |key: &str| entries.iter().any(|entry| entry.key.value == key);
        if !written("at") {
            let help = "write `at: 5s`, counted from the first acknowledgements";
            self.report(name.key.place, format!("`{}` has no `at`", kind.name), help);
        }
        if !written("for") && kind.most_ms.is_none() {
            let help = "write `for: 10s` or `for: 1.5 session`: it is healed after that";
            self.report(name.key.place, format!("`{}` has no `for`", kind.name), help);
        }
    }
}
