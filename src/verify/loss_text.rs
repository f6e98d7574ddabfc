//! A lost range in one sentence: what was promised, by whom, when, and what became of it.

use super::scene::Scene;
use super::types::{Cause, Content, Leadership, Standing, Witness};
use super::words::{appended_by, is, leader_in, messages, plural, seconds, span, was};

/// As `812 messages acknowledged by broker 0 in epoch 4 at offsets 5210-6021 of partition 0
/// between 10.2 s and 11.0 s were truncated when broker 1 became leader in epoch 5`.
pub(super) fn of(scene: &Scene<'_>, witness: &Witness, cause: Cause) -> String {
    let promise = if scene.input.confirmed {
        acknowledged_by(&witness.acked_by)
    } else {
        "sent, unconfirmed (acks=0),".to_owned()
    };
    // Without offsets, sequences are all that tells these messages from others.
    let place = match (witness.offsets, witness.sequences) {
        (Some(offsets), _) => format!("at {} of", span("offset", offsets)),
        (None, Some(sequences)) => format!("with {} for", span("sequence", sequences)),
        (None, None) => "for".to_owned(),
    };
    format!(
        "{} {promise} {place} partition {}{} {}{}",
        messages(witness.count),
        witness.partition,
        when(witness),
        fate(scene, witness, cause),
        scene.faults_text(&witness.faults),
    )
}

fn acknowledged_by(candidates: &[Leadership]) -> String {
    let named = candidates.iter().map(|one| leader_in(Some(one.broker), one.epoch));
    let named: Vec<String> = named.collect();
    if named.is_empty() {
        "acknowledged".to_owned()
    } else {
        format!("acknowledged by {}", named.join(" or "))
    }
}

fn when(witness: &Witness) -> String {
    let (Some(from), Some(to)) = (witness.acked_from_ms, witness.acked_to_ms) else {
        return String::new();
    };
    let (from, to) = (seconds(from), seconds(to));
    if from == to { format!(" at {from}") } else { format!(" between {from} and {to}") }
}

fn fate(scene: &Scene<'_>, witness: &Witness, cause: Cause) -> String {
    let (was, is) = (was(witness.count), is(witness.count));
    match cause {
        Cause::Truncated { epoch, leader: Some(broker), next_epoch: true } => {
            format!("{was} truncated when broker {broker} became leader in epoch {epoch}")
        }
        Cause::Truncated { epoch, leader, .. } => {
            format!("{is} not in the log with which {} went on", leader_in(leader, epoch))
        }
        Cause::Replaced => {
            format!("{is} gone, and other records stand there{}", appended(&witness.standing))
        }
        Cause::BeyondEnd => {
            let end = scene.input.observed.end[scene.partition as usize];
            format!("{is} gone: the log ends at offset {end}, and no later epoch was seen")
        }
        Cause::BelowLogStart => {
            let start = scene.input.observed.log_start[scene.partition as usize];
            format!("{is} not to be seen: the log starts at offset {start} now")
        }
        Cause::Missing => format!("{is} gone: no records are at these offsets"),
        Cause::Corrupt => format!("{was} not found: the records at these offsets are corrupt"),
        Cause::Unread => format!("{was} not found: the log was not read whole"),
        Cause::Unrecorded => {
            format!("{is} gone; what stands at these offsets was not kept")
        }
        Cause::NowhereFound => format!("{is} nowhere in the log"),
    }
}

/// `: 3 of ours appended by broker 1 in epoch 5; 1 foreign …`.
fn appended(standing: &[Standing]) -> String {
    let one = |standing: &Standing| {
        let count = (standing.offsets.last - standing.offsets.first + 1) as u64;
        let what = match standing.content {
            Content::Ours { .. } => plural(count, "other message"),
            Content::Foreign => plural(count, "foreign record"),
            Content::Corrupt => plural(count, "corrupt record"),
        };
        format!("{what} {}", appended_by(standing.leader, standing.epoch))
    };
    let parts: Vec<String> = standing.iter().map(one).collect();
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}
