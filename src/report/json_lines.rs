//! [`JsonLines`]: a run's events for programs, one JSON object per line on standard output, and the
//! result as the last line.

use crate::result::Report;
use crate::verify::Verdict;
use serde::Serialize;
use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;

/// Where events go as JSON lines.
pub struct JsonLines {
    out: Box<dyn Write + Send>,
    trial: Option<u32>,
    /// How writing ended.
    ended: Option<io::Error>,
}

impl fmt::Debug for JsonLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonLines").field("trial", &self.trial).finish_non_exhaustive()
    }
}

/// How a run, or all trials of a scenario together, ended; written like an event.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename = "finished")]
pub struct Finished {
    /// The scenario's name.
    pub scenario: String,
    /// `None` without a report.
    pub verdict: Option<Verdict>,
    /// The exit code that the command would have if this were all.
    pub exit_code: u8,
    /// Where `report.json` is.
    pub report: Option<PathBuf>,
    /// The first reason, if it is no pass.
    pub reason: Option<String>,
}

impl Finished {
    /// For the report that was written there.
    pub fn of(report: &Report, path: PathBuf) -> Self {
        Finished {
            scenario: report.plan.name.clone(),
            verdict: Some(report.verdict),
            exit_code: report.exit().code(),
            report: Some(path),
            reason: report.reasons.first().cloned().filter(|_| report.verdict != Verdict::Pass),
        }
    }
}

impl JsonLines {
    /// To standard output; each line says which of several trials it belongs to.
    pub fn stdout(trial: Option<u32>) -> Self {
        JsonLines::to(Box::new(io::stdout()), trial)
    }

    fn to(out: Box<dyn Write + Send>, trial: Option<u32>) -> Self {
        JsonLines { out, trial, ended: None }
    }

    /// Writes an event as in `events.jsonl`: an object, without a line break.
    pub fn event(&mut self, object: &str) {
        if self.ended.is_some() {
            return;
        }
        let rest = object.strip_prefix('{').filter(|_| self.trial.is_some());
        let line = match (rest, self.trial) {
            (Some(rest), Some(trial)) => format!("{{\"trial\":{trial},{rest}\n"),
            _ => format!("{object}\n"),
        };
        self.ended = self.out.write_all(line.as_bytes()).and_then(|()| self.out.flush()).err();
    }

    /// Writes the result.
    pub fn finished(&mut self, finished: &Finished) {
        match serde_json::to_string(finished) {
            Ok(object) => self.event(&object),
            Err(error) => self.ended = self.ended.take().or(Some(error.into())),
        }
    }

    /// Fails if something could not be written, unless the reader is gone: that is no reason to end
    /// a run.
    pub fn end(self) -> io::Result<()> {
        match self.ended {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(io::Error::new(error.kind(), format!("standard output: {error}")))
            }
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::Mutex;
    use std::sync::Arc;

    /// Fails after this many lines.
    struct Pipe {
        text: Arc<Mutex<String>>,
        lines: usize,
        error: io::ErrorKind,
    }

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut text = self.text.lock();
            if text.lines().count() >= self.lines {
                return Err(self.error.into());
            }
            text.push_str(std::str::from_utf8(bytes).unwrap());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn lines(
        trial: Option<u32>,
        lines: usize,
        error: io::ErrorKind,
    ) -> (JsonLines, Arc<Mutex<String>>) {
        let text = Arc::default();
        let pipe = Pipe { text: Arc::clone(&text), lines, error };
        (JsonLines::to(Box::new(pipe), trial), text)
    }

    fn finished() -> Finished {
        Finished {
            scenario: "t".into(),
            verdict: Some(Verdict::Fail),
            exit_code: 1,
            report: Some("chaos-out/t/report.json".into()),
            reason: Some("3 lost".into()),
        }
    }

    #[test]
    fn events_are_passed_on_as_they_are_and_the_result_is_one_too() {
        let (mut out, text) = lines(None, 9, io::ErrorKind::BrokenPipe);
        out.event(r#"{"at_ms":1.5,"event":"zero"}"#);
        out.finished(&finished());
        assert_eq!(
            *text.lock(),
            "{\"at_ms\":1.5,\"event\":\"zero\"}\n{\"event\":\"finished\",\"scenario\":\"t\",\
             \"verdict\":\"fail\",\"exit_code\":1,\"report\":\"chaos-out/t/report.json\",\
             \"reason\":\"3 lost\"}\n"
        );
    }

    #[test]
    fn of_several_trials_each_line_says_which() {
        let (mut out, text) = lines(Some(3), 9, io::ErrorKind::BrokenPipe);
        out.event(r#"{"event":"zero"}"#);
        out.finished(&finished());
        let text = text.lock();
        assert!(text.lines().all(|line| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            value["trial"] == 3 && value["event"].is_string()
        }));
        assert_eq!(text.lines().next().unwrap(), r#"{"trial":3,"event":"zero"}"#);
    }

    #[test]
    fn a_reader_that_went_away_is_no_error_and_a_full_disk_is_one() {
        for (error, is_fine) in
            [(io::ErrorKind::BrokenPipe, true), (io::ErrorKind::StorageFull, false)]
        {
            let (mut out, text) = lines(None, 1, error);
            (0..3).for_each(|_| out.event("{}"));
            out.finished(&finished());
            assert_eq!(out.end().is_ok(), is_fine, "{error}");
            assert_eq!(*text.lock(), "{}\n");
        }
    }
}
