//! How much of each partition's log was read, and why that may be too little for a verdict.

use super::client::Client;
use super::words::counted;
use crate::ledger::TopicFate;

/// How much of a partition's log was read, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reading {
    /// From the first offset ever written to the end.
    Whole,
    /// All but a tail: what was read comes first.
    NoTail,
    /// Something before or between what was read is not known.
    Gaps,
    /// With a wrong count of sent messages: own and foreign messages were confused.
    Confused,
}

/// The state of a partition's reading, and the reasons in words.
pub(super) struct Completeness {
    pub(super) reading: Reading,
    pub(super) reasons: Vec<String>,
}

/// Why the topic that was read is not the one that was written to; makes the cell inconclusive.
pub(super) fn of_topic(topic: &TopicFate) -> Option<String> {
    match topic {
        TopicFate::Kept => None,
        TopicFate::MadeAnew { was, is } => Some(format!(
            "the topic was deleted and made anew during the run: its id was {was} and is {is}"
        )),
        TopicFate::Deleted { was } => Some(format!(
            "the topic was deleted during the run: its id was {was}, and the brokers know none of \
             its name"
        )),
    }
}

/// Judges one partition's reading. Every reason makes the cell inconclusive.
pub(super) fn of_partition(client: Client<'_>, partition: usize) -> Completeness {
    let observed = client.cell.observed;
    // The former content of a deleted topic is not known.
    let kept = observed.topic == TopicFate::Kept;
    let reading = if kept { Reading::Whole } else { Reading::Gaps };
    let mut found = Completeness { reading, reasons: Vec::new() };
    let mut add = |reading: Reading, reason: String| {
        found.reading = found.reading.max(reading);
        found.reasons.push(format!("partition {partition}: {reason}"));
    };
    if let Some(Some(why)) = observed.unreadable.get(partition) {
        add(Reading::Gaps, format!("the log could not be read: {why}"));
    }
    let (Some(read), Some(&start), Some(&end)) =
        (client.read_of(partition), observed.log_start.get(partition), observed.end.get(partition))
    else {
        add(Reading::Gaps, "the log was not read".to_owned());
        return found;
    };
    if start > 0 {
        add(
            Reading::Gaps,
            format!(
                "the log starts at offset {start}: what was before it is gone and was not read"
            ),
        );
    }
    if let Some(first) = read.first_offset().filter(|first| *first > start) {
        let reason = format!("the first record read is at offset {first}, not at {start}");
        add(Reading::Gaps, reason);
    }
    let next = read.last_offset().map_or(start, |last| last + 1);
    if next < end {
        add(Reading::NoTail, format!("the log ends at offset {end}, but was read only to {next}"));
    }
    if read.missing().count > 0 && client.cell.holes_explained.is_none() {
        let offsets = counted(read.missing().count, "offset");
        let first = read.missing().examples[0].first;
        add(Reading::Gaps, format!("{offsets} held no record, the first at offset {first}"));
    }
    let sent = client.ledger_of(partition).sent;
    if read.sent_limit() != sent {
        let limit = read.sent_limit();
        add(
            Reading::Confused,
            format!("the log was read as if {limit} messages had been sent, and {sent} were"),
        );
    }
    found
}
