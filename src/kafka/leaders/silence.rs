//! [`Silences`]: when brokers did not answer the watcher.

use crate::event::BrokerView;
use std::collections::BTreeSet;

/// The changes of all brokers, in the order of time.
pub(super) struct Silences<'a>(pub(super) Vec<&'a BrokerView>);

impl Silences<'_> {
    pub(super) fn of_all(&self, brokers: &BTreeSet<i32>) -> Vec<(u64, u64)> {
        let mut silent = BTreeSet::new();
        let mut since_us = None;
        let mut silences = Vec::new();
        for view in self.0.iter().filter(|view| brokers.contains(&view.broker)) {
            if !view.answers {
                silent.insert(view.broker);
                if silent.len() == brokers.len() {
                    since_us.get_or_insert(view.at_us);
                }
            } else if silent.remove(&view.broker) {
                silences.extend(since_us.take().map(|since_us| (since_us, view.at_us)));
            }
        }
        silences.extend(since_us.map(|since_us| (since_us, u64::MAX)));
        silences
    }

    /// Whether a broker did not answer at any time between two.
    pub(super) fn lasted(&self, broker: i32, from_us: u64, to_us: u64) -> bool {
        let of = self.0.iter().filter(|view| view.broker == broker);
        let before = of.clone().rfind(|view| view.at_us <= from_us);
        let woke = of.clone().any(|view| view.answers && (from_us..=to_us).contains(&view.at_us));
        before.is_some_and(|view| !view.answers) && !woke
    }
}
