//! The listener of a run: every event goes to `events.jsonl`, to programs as JSON lines, and to the
//! person who waits.

use super::bars::{Bars, Series};
use super::flicker::Flicker;
use super::state::State;
use super::terminal::Terminal;
use super::view::{Room, block};
use crate::event::{FaultStep, Observation, RunEvent, Stamped};
use crate::report::{JsonLines, Paint, lines, tell, wrapped};
use console::Term;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Without a terminal, how often live counts are printed.
const PLAIN_PROGRESS_INTERVAL: Duration = Duration::from_secs(5);
/// The same with everything.
const FULL_PROGRESS_INTERVAL: Duration = Duration::from_secs(1);
/// How often the block is redrawn: its times advance without events, too.
const REDRAW_INTERVAL: Duration = Duration::from_millis(200);
/// The most events between two drawings.
const BURST: usize = 1_000;

/// How much of a run is printed in lines while it is running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Nothing, and no block is shown.
    Nothing,
    /// Failures: for one of several runs.
    Failures,
    /// Every event.
    Events,
    /// Also every single broker's view, and the counts each second.
    Everything,
}

/// How a run is shown while it is running.
#[derive(Debug)]
pub struct Show {
    pub detail: Detail,
    /// Which of several runs it is, for the block; empty for a single one.
    pub label: String,
    /// The series that it is one of.
    pub series: Option<Series>,
    pub paint: Paint,
    /// The terminal for lines and the block; without one lines go to standard error.
    pub terminal: Option<Term>,
    /// Where events go for programs.
    pub json: Option<JsonLines>,
}

impl Show {
    /// Lines on standard error.
    pub fn lines(detail: Detail) -> Self {
        let (label, paint) = (String::new(), Paint::plain());
        Show { detail, label, series: None, paint, terminal: None, json: None }
    }

    /// Adds the block, if standard error is a terminal that can show one.
    #[must_use]
    pub fn with_block(self) -> Self {
        let term = Term::stderr();
        let can = term.is_term() && !console::is_dumb() && self.detail != Detail::Nothing;
        Show { terminal: can.then_some(term), ..self }
    }
}

/// Shows a run while it is running, on its own thread.
#[derive(Debug)]
pub struct Live {
    thread: JoinHandle<io::Result<()>>,
}

impl Live {
    /// Listens to `events` until every sender is gone.
    pub fn listen(events: Receiver<Stamped>, events_path: &Path, show: Show) -> io::Result<Self> {
        let named =
            |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", events_path.display()));
        let file = BufWriter::new(File::create(events_path).map_err(named)?);
        let path = events_path.display().to_string();
        let thread = std::thread::Builder::new().name("report".to_owned()).spawn(move || {
            let Show { detail, label, series, paint, terminal, json } = show;
            let log = Log { path, file, written: Ok(()), json };
            let terminal = terminal.map(Terminal::new);
            let screen = Screen {
                terminal,
                detail,
                label,
                paint,
                state: State::default(),
                bars: Bars::new(series),
                flicker: Flicker::default(),
                interrupted: false,
                heard: (Instant::now(), 0.0),
                drawn: None,
                counted: None,
            };
            screen.show(&events, log)
        })?;
        Ok(Live { thread })
    }

    /// Waits until everything was shown and written. Fails if events could not be written: to
    /// `events.jsonl`, or to standard output for another reason than that its reader is gone.
    pub fn finish(self) -> io::Result<()> {
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// The files that events go to.
struct Log {
    path: String,
    file: BufWriter<File>,
    written: io::Result<()>,
    json: Option<JsonLines>,
}

impl Log {
    /// Keeps the first failure; the person still sees the rest.
    fn event(&mut self, stamped: &Stamped) {
        if matches!(stamped.event, RunEvent::Step(_)) {
            return;
        }
        let object = match serde_json::to_string(stamped) {
            Ok(object) => object,
            Err(error) => {
                if self.written.is_ok() {
                    self.written = Err(error.into());
                }
                return;
            }
        };
        if let Some(json) = &mut self.json {
            json.event(&object);
        }
        if self.written.is_ok() {
            // A killed run leaves all events except the last few moments' counts.
            let flush = !matches!(stamped.event, RunEvent::Progress { .. });
            let line = writeln!(self.file, "{object}");
            self.written = line.and_then(|()| if flush { self.file.flush() } else { Ok(()) });
        }
    }

    fn end(mut self) -> io::Result<()> {
        let written = self.written.and_then(|()| self.file.flush());
        let json = self.json.map_or(Ok(()), JsonLines::end);
        written.map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", self.path))).and(json)
    }
}

/// What the person sees.
struct Screen {
    terminal: Option<Terminal>,
    detail: Detail,
    label: String,
    paint: Paint,
    state: State,
    bars: Bars,
    flicker: Flicker,
    /// Whether the run was asked to end: then only what heals is printed.
    interrupted: bool,
    /// When the latest event came, and its time since the run began in milliseconds.
    heard: (Instant, f64),
    drawn: Option<Instant>,
    counted: Option<Instant>,
}

impl Screen {
    fn show(mut self, events: &Receiver<Stamped>, mut log: Log) -> io::Result<()> {
        let mut over = false;
        while !over {
            let mut printed = Vec::new();
            for taken in 0..BURST {
                let wait = if taken == 0 { REDRAW_INTERVAL } else { Duration::ZERO };
                match events.recv_timeout(wait) {
                    Ok(stamped) => {
                        log.event(&stamped);
                        printed.extend(self.flicker.lines(stamped.since_start_ms, false));
                        self.heard = (Instant::now(), stamped.since_start_ms);
                        self.state.fold(&stamped);
                        self.bars.fold(&stamped.event);
                        printed.extend(self.told(&stamped));
                    }
                    Err(error) => {
                        over = error == RecvTimeoutError::Disconnected;
                        break;
                    }
                }
            }
            printed.extend(self.flicker.lines(self.now_ms(), over));
            self.print(&printed, over);
        }
        log.end()
    }

    /// Milliseconds since the run began.
    fn now_ms(&self) -> f64 {
        let (heard, at_ms) = self.heard;
        at_ms + heard.elapsed().as_secs_f64() * 1e3
    }

    /// The line of an event, if it gets one.
    fn told(&mut self, stamped: &Stamped) -> Option<String> {
        if stamped.event == RunEvent::Interrupted {
            // Whoever interrupted gets an answer, whatever else is printed.
            self.interrupted = true;
            return lines::line(stamped, false);
        }
        if self.interrupted && self.detail != Detail::Everything {
            use FaultStep::{Failed, Healed};
            let heals =
                matches!(&stamped.event, RunEvent::Fault { step: Healed | Failed { .. }, .. });
            return lines::line(stamped, false).filter(|_| heals && self.detail != Detail::Nothing);
        }
        if let RunEvent::Progress { cells } = &stamped.event {
            let interval = match self.detail {
                Detail::Nothing | Detail::Failures => return None,
                Detail::Events => PLAIN_PROGRESS_INTERVAL,
                Detail::Everything => FULL_PROGRESS_INTERVAL,
            };
            // The block has them.
            if self.terminal.is_some() || self.counted.is_some_and(|t| t.elapsed() < interval) {
                return None;
            }
            self.counted = Some(Instant::now());
            let seconds = stamped.at_ms.unwrap_or(0.0) / 1e3;
            return Some(format!("[{seconds:9.3} s] {}", lines::totals(cells)));
        }
        match self.detail {
            Detail::Nothing => None,
            Detail::Failures => {
                let fails =
                    matches!(stamped.event, RunEvent::Fault { step: FaultStep::Failed { .. }, .. });
                lines::line(stamped, false).filter(|_| fails)
            }
            Detail::Events => match &stamped.event {
                RunEvent::Observed(Observation::Broker(view)) => {
                    let alone = self.flicker.changed(view.broker, view.answers, stamped);
                    lines::line(stamped, false).filter(|_| alone)
                }
                _ => lines::line(stamped, false),
            },
            Detail::Everything => lines::line(stamped, true),
        }
    }

    /// Prints lines and draws the block, or removes it when all is over. A reader that is gone is
    /// no reason to end a run.
    fn print(&mut self, printed: &[String], over: bool) {
        let now_ms = self.now_ms();
        let Some(terminal) = &mut self.terminal else {
            printed.iter().for_each(|text| tell(text));
            return;
        };
        let is_due = self.drawn.is_none_or(|t| t.elapsed() >= REDRAW_INTERVAL / 2);
        if printed.is_empty() && !is_due && !over {
            return;
        }
        self.drawn = Some(Instant::now());
        let (height, width) = terminal.size();
        let room = Room { width, height, paint: self.paint };
        let mut lines = Vec::new();
        if !over {
            lines = block(&self.state, &self.label, now_ms, room);
            // Below the phase that they are part of.
            lines.splice(1..1, self.bars.lines(room));
            lines.truncate(height.saturating_sub(1).max(1));
        }
        let printed: Vec<String> =
            printed.iter().flat_map(|text| text.lines()).map(|line| wrapped(line, width)).collect();
        drop(terminal.draw(&printed, &lines));
    }
}
