//! Figures in sentences.

use super::types::Span;
pub(super) use crate::model::counted;
use std::fmt::Display;

/// `1 message`, `812 messages`.
pub(super) fn messages(count: u64) -> String {
    counted(count, "message")
}

/// `offset 7`, `offsets 7-9`.
pub(super) fn span<T: Copy + Display + PartialEq>(noun: &str, span: Span<T>) -> String {
    if span.first == span.last {
        format!("{noun} {}", span.first)
    } else {
        format!("{noun}s {}-{}", span.first, span.last)
    }
}

/// `was` for one, `were` for more.
pub(super) fn was(count: u64) -> &'static str {
    if count == 1 { "was" } else { "were" }
}

/// `is` for one, `are` for more.
pub(super) fn is(count: u64) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

/// `10.2 s`, for milliseconds.
pub(super) fn seconds(ms: f64) -> String {
    format!("{:.1} s", ms / 1e3)
}

/// `them` for more than one message.
pub(super) fn them(count: u64) -> &'static str {
    if count == 1 { "it" } else { "them" }
}

/// `10.203 s`, for milliseconds: like `report.json`, to the millisecond.
pub(super) fn exact_seconds(ms: f64) -> String {
    format!("{:.3} s", ms / 1e3)
}

/// `broker 1 in epoch 5`, or `epoch 5` if the leader is not known.
pub(super) fn leader_in(leader: Option<i32>, epoch: i32) -> String {
    match leader {
        Some(broker) => format!("broker {broker} in epoch {epoch}"),
        None => format!("epoch {epoch}"),
    }
}

/// `appended by broker 1 in epoch 5`, or `appended in epoch 5`.
pub(super) fn appended_by(leader: Option<i32>, epoch: i32) -> String {
    let by = if leader.is_some() { "by" } else { "in" };
    format!("appended {by} {}", leader_in(leader, epoch))
}
