//! The protocol between a worker and its conductor: lines of JSON from the worker's stdout, plain
//! words to its stdin.

use super::producer::Summary;
use crate::clock::Epoch;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};

/// The conductor's word to begin.
pub(super) const START: &str = "start";
/// The conductor's word to end, and to tell what was done.
pub(super) const STOP: &str = "stop";

/// One line of a worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum WorkerEvent {
    /// The ledger is open, the client is made and knows the topic: it waits for [`START`].
    Ready,
    /// It will do no more, and ends.
    Fatal {
        /// Microseconds of the run's clock.
        at_us: u64,
        text: String,
    },
    /// The last line.
    Finished {
        /// What it did.
        account: Box<Account>,
    },
}

/// What a worker did, as its role tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// A producer.
    Producer(Summary),
}

/// Tells the conductor an event.
pub(super) fn tell(out: &mut dyn Write, event: &WorkerEvent) -> io::Result<()> {
    let mut line = serde_json::to_string(event)?;
    line.push('\n');
    out.write_all(line.as_bytes())?;
    out.flush()
}

/// Writes one line to stderr, which is the worker's log. There is nowhere to report a failure of
/// that to, and it must not stop the client.
pub(super) fn log_line(epoch: Epoch, line: &str) {
    let at_s = epoch.elapsed_ms() / 1e3;
    let _ = writeln!(io::stderr(), "[{at_s:11.6}] {line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_are_what_the_protocol_says() {
        let line = serde_json::to_string(&WorkerEvent::Ready).expect("it is plain data");
        assert_eq!(line, r#"{"event":"ready"}"#);
        let fatal = WorkerEvent::Fatal { at_us: 3, text: "gone".into() };
        let line = serde_json::to_string(&fatal).expect("it is plain data");
        assert_eq!(line, r#"{"event":"fatal","at_us":3,"text":"gone"}"#);
        let back: WorkerEvent = serde_json::from_str(&line).expect("it was just written");
        assert_eq!(back, fatal);
    }
}
