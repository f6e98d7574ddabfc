//! [`window`]: a fault as the verifier sees it.

use crate::fault::FaultRecord;
use crate::plan::Plan;
use crate::timeline::Act;
use crate::verify::FaultWindow;
use std::collections::BTreeMap;

/// The verifier's view of a fault; `None` if it was never called. `brokers` are all brokers by
/// their names, which the fault's nodes use.
pub(super) fn window(
    fault: &FaultRecord,
    plan: &Plan,
    brokers: &BTreeMap<String, i32>,
    zero_us: u64,
) -> Option<FaultWindow> {
    let us = |ms: f64| zero_us.saturating_add_signed((ms * 1e3) as i64);
    let called_us = us(fault.called_at_ms?);
    let plan = plan.faults.iter().find(|plan| plan.index == fault.index);
    Some(FaultWindow {
        index: fault.index,
        what: fault.what.clone(),
        effective_us: fault.effective_at_ms.map(us),
        called_us,
        // What could not be healed lasted to the end.
        healed_us: fault.healed_at_ms.map_or(u64::MAX, us),
        act: plan.map_or(Act::Other, |plan| plan.action.spec().act()),
        brokers: fault.nodes.iter().filter_map(|node| brokers.get(node).copied()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // The clients are no broker, and a fault that was never called has no window.
    #[test]
    fn nodes_are_brokers_by_their_names() {
        let text = "name: n\nsummary: s\nfaults:\n  - {kill: [leader, clients], at: 5s, for: 10s}\n\
                    expect: {lost: 0}\n";
        let plan = crate::plan::from_text("n.yaml", text, &[], Some(1)).unwrap();
        let mut record = FaultRecord {
            nodes: vec!["broker-1".into(), "clients".into()],
            called_at_ms: Some(5_000.0),
            effective_at_ms: Some(5_001.0),
            healed_at_ms: None,
            ..FaultRecord::proved("kill leader, clients at 5 s for 10 s")
        };
        let brokers = [("broker-0".to_owned(), 0), ("broker-1".to_owned(), 1)].into();
        let found = window(&record, &plan, &brokers, 1_000).unwrap();
        assert_eq!((found.act, &found.brokers[..]), (Act::Kill, &[1][..]));
        assert_eq!((found.called_us, found.healed_us), (5_001_000, u64::MAX));
        record.called_at_ms = None;
        assert_eq!(window(&record, &plan, &brokers, 0), None);
    }
}
