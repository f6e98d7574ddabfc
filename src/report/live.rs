//! The listener of a run: every event goes to `events.jsonl`, and to the person who waits: a
//! moving line on a terminal, plain lines elsewhere.

use super::lines;
use crate::event::{RunEvent, Stamped};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Without a terminal, live counts are printed so often.
const PLAIN_PROGRESS_INTERVAL: Duration = Duration::from_secs(5);

/// Shows a run while it goes on, on a thread of its own.
#[derive(Debug)]
pub struct Live {
    thread: JoinHandle<io::Result<()>>,
}

impl Live {
    /// Listens to `events` until all who could tell one have gone.
    ///
    /// # Errors
    /// When `events_path` or the thread cannot be made.
    pub fn listen(events: Receiver<Stamped>, events_path: &Path, quiet: bool) -> io::Result<Self> {
        let file = BufWriter::new(File::create(events_path)?);
        let thread = std::thread::Builder::new()
            .name("report".to_owned())
            .spawn(move || Screen::new(quiet).show(&events, file))?;
        Ok(Live { thread })
    }

    /// Waits until everything was shown and written.
    ///
    /// # Errors
    /// When `events.jsonl` could not be written.
    pub fn finish(self) -> io::Result<()> {
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

struct Screen {
    bar: Option<ProgressBar>,
    quiet: bool,
    phase: String,
    shown: Option<Instant>,
}

impl Screen {
    fn new(quiet: bool) -> Self {
        let bar = (io::stderr().is_terminal() && !quiet).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{spinner} {prefix}  {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Screen { bar, quiet, phase: String::new(), shown: None }
    }

    fn show(mut self, events: &Receiver<Stamped>, mut file: BufWriter<File>) -> io::Result<()> {
        let mut written = Ok(());
        for stamped in events {
            // The first failure is kept and the person still sees the rest.
            if written.is_ok() {
                written = write_line(&mut file, &stamped);
            }
            self.event(&stamped);
        }
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        written.and_then(|()| file.flush())
    }

    fn event(&mut self, stamped: &Stamped) {
        if let RunEvent::Phase { name, .. } = &stamped.event {
            self.phase.clone_from(name);
            if let Some(bar) = &self.bar {
                bar.set_prefix(name.clone());
                bar.set_message("");
            }
        }
        if let RunEvent::Progress { cells } = &stamped.event {
            let text = lines::totals(cells);
            if let Some(bar) = &self.bar {
                bar.set_message(text);
            } else if self.shown.is_none_or(|t| t.elapsed() >= PLAIN_PROGRESS_INTERVAL) {
                self.shown = Some(Instant::now());
                self.say(&format!("[{:9.3} s] {text}", stamped.at_ms.unwrap_or(0.0) / 1e3));
            }
        } else if let Some(line) = lines::line(stamped) {
            self.say(&line);
        }
    }

    fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(line),
            // A reader that has gone away is no reason to end a run.
            None if !self.quiet => drop(writeln!(io::stderr(), "{line}")),
            None => {}
        }
    }
}

fn write_line(file: &mut BufWriter<File>, stamped: &Stamped) -> io::Result<()> {
    serde_json::to_writer(&mut *file, stamped)?;
    file.write_all(b"\n")?;
    // A run that is killed leaves all events but the last few moments' counts.
    if matches!(stamped.event, RunEvent::Progress { .. }) { Ok(()) } else { file.flush() }
}
