//! [`Key`]: a key of a section, and [`SCENARIO`], the keys of a whole scenario.
//!
//! Each section has one such table. The reader, `--set` and the schema use it; `chaos new`'s
//! template and docs/scenarios.md are checked against it.

#[derive(Clone, Copy, Debug)]
pub struct Key<T> {
    pub name: &'static str,
    /// Its identity for readers and schema.
    pub is: T,
    /// As a file would have it.
    pub default: Option<&'static str>,
    /// Its meaning, for editors.
    pub about: &'static str,
}

pub(super) const fn key<T: Copy>(name: &'static str, is: T, about: &'static str) -> Key<T> {
    Key { name, is, default: None, about }
}

impl<T: Copy> Key<T> {
    pub const fn or(self, default: &'static str) -> Self {
        Key { default: Some(default), ..self }
    }
}

pub(super) fn find<'k, T>(keys: &'k [Key<T>], name: &str) -> Option<&'k Key<T>> {
    keys.iter().find(|key| key.name == name)
}

pub(super) fn names<T>(keys: &[Key<T>]) -> Vec<&'static str> {
    keys.iter().map(|key| key.name).collect()
}

/// A top-level key of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Top {
    Name,
    Summary,
    Cluster,
    Topic,
    Producer,
    Faults,
    Duration,
    Seed,
    Expect,
    Matrix,
}

pub(crate) const SCENARIO: &[Key<Top>] = &[
    key("name", Top::Name, "Names folders and topics: letters, digits, `-`, `_` and `.`."),
    key("summary", Top::Summary, "What the scenario shows, in a sentence or two."),
    key("cluster", Top::Cluster, "The cluster that all cells share."),
    key("topic", Top::Topic, "The topic of every cell; each cell has its own."),
    key("producer", Top::Producer, "The producer of every cell."),
    key("faults", Top::Faults, "What is done to the cluster, and when. Each item is one fault."),
    key(
        "duration",
        Top::Duration,
        "When sending ends. Without it: when the last fault is healed, all replicas are in sync \
         and every partition is acknowledged again.",
    ),
    key(
        "seed",
        Top::Seed,
        "Makes all random choices repeatable. Without it one is drawn and reported.",
    ),
    key(
        "expect",
        Top::Expect,
        "What must hold of every cell; or a list of such maps, each for the cells that its `when` \
         names.",
    ),
    key(
        "matrix",
        Top::Matrix,
        "Axes: names and lists of values. Every combination is a cell; the cells of a run meet \
         the same faults. Each cluster and each timeline is a separate run.",
    ),
];

/// Every default except those of faults, by the path of its key.
#[cfg(test)]
pub(crate) fn defaults() -> Vec<(String, &'static str)> {
    use super::read_cluster::CLUSTER;
    use super::section::Section;
    fn of<T>(section: &str, keys: &[Key<T>]) -> Vec<(String, &'static str)> {
        let path = |key: &Key<T>| Some((format!("{section}.{}", key.name), key.default?));
        keys.iter().filter_map(path).collect()
    }
    let sections = Section::ALL.map(|section| of(section.name(), section.keys()));
    [of("cluster", CLUSTER), sections.concat()].concat()
}
