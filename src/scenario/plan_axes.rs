//! The axes that make plans: those of the cluster (`cluster.kafka`), and the faults. Each
//! combination is its own tree, with the chosen values where a scenario without a matrix has them,
//! so they are read and checked in the same way.

use super::keys::{Key, key};
use super::overrides::child;
use super::property;
use super::read_cluster::{CLUSTER, Cluster};
use super::types::Chosen;
use crate::yaml::{At, Entry, Kind, Node, Place, Reader, suggest};

/// The limit of plans in a study; each is its own run.
pub(crate) const MOST_PLANS: usize = 64;

pub(super) const TIMELINES: Key<()> =
    key("faults", (), "Timelines by their names, in place of `faults`. Each is a separate run.");

/// The keys of `cluster` that an axis may vary.
pub(super) fn cluster_keys() -> impl Iterator<Item = &'static Key<Cluster>> {
    CLUSTER.iter().filter(|key| key.is.is_axis())
}

pub(super) fn names() -> Vec<String> {
    let keys = cluster_keys().map(|key| key.name).chain(["config.PROPERTY"]);
    keys.map(|key| format!("cluster.{key}")).collect()
}

/// What an axis that makes plans varies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outer {
    /// A key of `cluster`: `kafka`, `brokers`, `controllers` or `timing`.
    Cluster(&'static str),
    Config(String),
    Faults,
}

impl Outer {
    pub fn find(name: &str) -> Option<Outer> {
        if name == TIMELINES.name {
            return Some(Outer::Faults);
        }
        let name = name.strip_prefix("cluster.")?;
        if let Some(property) = name.strip_prefix("config.") {
            return (!property.is_empty()).then(|| Outer::Config(property.to_owned()));
        }
        cluster_keys().find(|key| key.name == name).map(|key| Outer::Cluster(key.name))
    }
}

/// The cluster axis that a misspelled name most likely means.
pub(super) fn nearest(name: &str) -> Option<String> {
    let names = names();
    let bare = names.iter().find(|known| known.strip_prefix("cluster.") == Some(name));
    bare.cloned().or_else(|| {
        let known = names.iter().map(String::as_str).chain([TIMELINES.name]);
        suggest::nearest(name, known).map(str::to_owned)
    })
}

/// An axis that makes plans, in the tree.
pub struct PlanAxis {
    outer: Outer,
    name: At<String>,
    /// Each value, and what replaces it in the tree.
    values: Vec<(At<String>, Node)>,
}

/// The names in `matrix.faults`.
pub(super) fn timelines(root: &Node) -> Vec<String> {
    let found = entry(root, "matrix").and_then(|matrix| entry(&matrix.value, "faults"));
    let Some(Kind::Map(entries)) = found.map(|faults| &faults.value.kind) else {
        return Vec::new();
    };
    entries.iter().map(|entry| entry.key.value.clone()).collect()
}

pub(super) fn entry<'n>(node: &'n Node, key: &str) -> Option<&'n Entry> {
    let Kind::Map(entries) = &node.kind else { return None };
    entries.iter().find(|entry| entry.key.value == key)
}

impl Reader {
    /// Takes the axes that make plans out of the tree's matrix: those of the cluster in the file's
    /// order, then the faults.
    pub fn outer_axes(&mut self, root: &mut Node) -> Vec<PlanAxis> {
        let taken = match &mut root.kind {
            Kind::Map(entries) => entries.iter_mut().find(|entry| entry.key.value == "matrix"),
            _ => None,
        };
        let Some(Kind::Map(entries)) = taken.map(|matrix| &mut matrix.value.kind) else {
            return Vec::new();
        };
        let is_outer = |entry: &mut Entry| Outer::find(&entry.key.value).is_some();
        let mut taken: Vec<Entry> = entries.extract_if(.., is_outer).collect();
        taken.sort_by_key(|entry| entry.key.value == "faults");
        let problems_before = self.problems.len();
        let axes = taken.iter().filter_map(|entry| self.outer_axis(root, entry)).collect();
        if self.problems.len() > problems_before {
            self.break_off("matrix");
        }
        axes
    }

    fn outer_axis(&mut self, root: &Node, written: &Entry) -> Option<PlanAxis> {
        let outer = Outer::find(&written.key.value)?;
        if let Outer::Config(property) = &outer
            && self.is_of_topics(&written.key, property, |own| format!("write the axis `{own}`"))
        {
            return None;
        }
        let cluster = entry(root, "cluster").map(|cluster| &cluster.value);
        let plain = match &outer {
            Outer::Faults => None,
            Outer::Cluster(key) => cluster.and_then(|cluster| entry(cluster, key)),
            Outer::Config(name) => cluster
                .and_then(|cluster| entry(cluster, "config"))
                .and_then(|config| entry(&config.value, name)),
        };
        if let Some(Node { kind: Kind::Scalar(value), place }) = plain.map(|plain| &plain.value) {
            self.check_not_set(&At::new(value.clone(), *place), &written.key);
        }
        let values = match &outer {
            Outer::Faults => self.named_timelines(root, written),
            Outer::Cluster(_) | Outer::Config(_) => self.cluster_values(written),
        };
        (!values.is_empty()).then(|| PlanAxis { outer, name: written.key.clone(), values })
    }

    fn cluster_values(&mut self, written: &Entry) -> Vec<(At<String>, Node)> {
        if !self.is_list_of_values(written) {
            return Vec::new();
        }
        let mut texts = self.scalars(&written.value, &written.key.value);
        for text in &mut texts {
            let number = property::count(&text.value, 0, u64::MAX).ok();
            text.value = match number.filter(|_| written.key.value == "cluster.brokers") {
                Some(number) => number.to_string(),
                None => text.value.trim().to_owned(),
            };
        }
        self.check_twice(&written.key.value, &texts);
        let with_node = |text: At<String>| {
            let node = Node { kind: Kind::Scalar(text.value.clone()), place: text.place };
            (text, node)
        };
        texts.into_iter().map(with_node).collect()
    }

    fn named_timelines(&mut self, root: &Node, written: &Entry) -> Vec<(At<String>, Node)> {
        if let Some(plain) = entry(root, "faults") {
            let message = "both `faults` and `matrix.faults` define the timeline";
            self.report(plain.key.place, message, "move this list under a name in `matrix.faults`");
        }
        let entries = match &written.value.kind {
            Kind::Map(entries) if !entries.is_empty() => entries.as_slice(),
            _ => {
                let message = "`matrix.faults` must be a map of timelines by their names";
                let help = "write a name and a list of faults below it, as in \
                            `stop: [{process_stop: leader, at: 5s, for: 2 session}]`";
                self.report(written.value.place, message, help);
                self.break_off("faults");
                &[]
            }
        };
        for entry in entries {
            let name = entry.key.clone();
            let help = "it is part of the names of cells";
            self.is_name(&name, &format!("`{}` is not a valid timeline name", name.value), help);
        }
        entries.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect()
    }

    /// The tree of every combination of the axes' values, and what was chosen for it. Too many are
    /// reported, and only the first is made.
    pub fn combinations(&mut self, root: &Node, axes: &[PlanAxis]) -> Vec<(Node, Vec<Chosen>)> {
        let mut count = axes.iter().map(|axis| axis.values.len()).fold(1, usize::saturating_mul);
        if let (Some(first), true) = (axes.first(), count > MOST_PLANS) {
            let message = format!("the matrix makes {count} runs");
            let help = format!(
                "each combination of cluster and faults is a separate run, and there may be \
                 {MOST_PLANS}: leave values out, or split the scenario"
            );
            self.report(first.name.place, message, help);
            self.break_off("matrix");
            count = 1;
        }
        (0..count).map(|number| combination(root, axes, number)).collect()
    }
}

fn combination(root: &Node, axes: &[PlanAxis], mut number: usize) -> (Node, Vec<Chosen>) {
    let mut tree = root.clone();
    let mut chosen = Vec::new();
    // The last axis changes fastest, so that plans on the same cluster follow each other.
    for axis in axes.iter().rev() {
        let (value, node) = &axis.values[number % axis.values.len()];
        number /= axis.values.len();
        let place = axis.name.place;
        let target = match &axis.outer {
            Outer::Faults => Some(child(&mut tree, "faults", place)),
            Outer::Cluster(key) => {
                map(&mut tree, "cluster", place).map(|section| child(section, key, place))
            }
            Outer::Config(name) => map(&mut tree, "cluster", place)
                .and_then(|section| map(section, "config", place))
                .map(|config| child(config, name, place)),
        };
        if let Some(target) = target {
            *target = node.clone();
        }
        let (name, value) = (axis.name.clone(), value.clone());
        chosen.push(Chosen { outer: axis.outer.clone(), name, value });
    }
    chosen.reverse();
    (tree, chosen)
}

/// The map under a key; `None` if there is something else, which its reader will report.
fn map<'n>(node: &'n mut Node, key: &str, place: Place) -> Option<&'n mut Node> {
    let found = child(node, key, place);
    matches!(found.kind, Kind::Map(_) | Kind::Null).then_some(found)
}
