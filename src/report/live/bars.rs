//! [`Bars`]: what takes a while, and how far a series of trials is. indicatif draws a bar or a
//! spinner for each and measures its speed; each is a line of the block.

use super::view::{Room, cut};
use crate::event::{Far, RunEvent, Step};
use crate::report::printable;
use indicatif::{DecimalBytes, HumanCount, HumanDuration, ProgressBar};
use indicatif::{ProgressDrawTarget, ProgressStyle, TermLike};
use parking_lot::Mutex;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Columns of a bar: a quarter of the line, but not less and not more than this.
const COLUMNS: std::ops::RangeInclusive<usize> = 4..=24;

/// The trials of which the one shown is the next.
#[derive(Clone, Copy, Debug)]
pub struct Series {
    /// How many are over.
    pub over: u32,
    /// No more than this.
    pub of: u32,
    /// How long they took, together.
    pub took: Duration,
}

/// What goes on now.
#[derive(Debug)]
pub(super) struct Bars {
    step: Option<(Step, Bar)>,
    series: Option<(Series, Instant, Bar)>,
}

impl Bars {
    /// Nothing goes on yet.
    pub(super) fn new(series: Option<Series>) -> Self {
        Bars { step: None, series: series.map(|series| (series, Instant::now(), Bar::default())) }
    }

    /// Takes in the next event: no step outlasts its phase.
    pub(super) fn fold(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Phase { .. } => self.step = None,
            RunEvent::Step(step) => {
                let before = self.step.take().filter(|(before, _)| before.what == step.what);
                let bar = before.map_or_else(Bar::default, |(_, bar)| bar);
                if let Far::Bytes(done, of) | Far::Count(done, of, _) = step.far {
                    bar.bar.set_length(of);
                    bar.bar.set_position(done);
                }
                self.step = Some((step.clone(), bar));
            }
            _ => {}
        }
    }

    /// A line for each.
    pub(super) fn lines(&self, room: Room) -> Vec<String> {
        let step = self.step.iter().map(|(step, bar)| {
            let (sign, words) = match &step.far {
                Far::Waiting(text) => (bar.spinner(), printable(text)),
                Far::Bytes(done, of) => {
                    let speed = DecimalBytes(bar.bar.per_sec() as u64);
                    let speed = if done < of { format!(", {speed}/s") } else { String::new() };
                    let (done, of) = (DecimalBytes(*done), DecimalBytes(*of));
                    (bar.bar(room), format!("{done} of {of}{speed}"))
                }
                Far::Count(done, of, noun) => {
                    let (done, of) = (HumanCount(*done), HumanCount(*of));
                    (bar.bar(room), format!("{done} of {of} {}", printable(noun)))
                }
            };
            format!("{}{sign} {words}{}", room.key(step.what), left(bar.bar.eta()))
        });
        let series = self.series.iter().map(|(series, begun, bar)| {
            let Series { over, of, took } = *series;
            bar.bar.set_length(of.into());
            bar.bar.set_position(over.into());
            let rest = took.checked_div(over).unwrap_or_default() * (of - over);
            let left = left(rest.saturating_sub(begun.elapsed()));
            format!("{}{} {over} of {of} over{left}", room.key("trials"), bar.bar(room))
        });
        step.chain(series).map(|line| cut(&line, room.width)).collect()
    }
}

/// `, 12s left`, if that is known.
fn left(time: Duration) -> String {
    if time.is_zero() { String::new() } else { format!(", {:#} left", HumanDuration(time)) }
}

/// One bar of indicatif's, and the line that it is drawn into: indicatif counts rows upwards to
/// redraw its own, and so erases what was printed when a terminal was resized meanwhile.
#[derive(Debug)]
struct Bar {
    bar: ProgressBar,
    line: Line,
}

impl Default for Bar {
    fn default() -> Self {
        let line = Line::default();
        let target = ProgressDrawTarget::term_like(Box::new(line.clone()));
        Bar { bar: ProgressBar::with_draw_target(None, target), line }
    }
}

impl Bar {
    fn bar(&self, room: Room) -> String {
        let columns = (room.width / 4).clamp(*COLUMNS.start(), *COLUMNS.end());
        self.drawn(&format!("{{bar:{columns}}}"))
    }

    fn spinner(&self) -> String {
        self.drawn("{spinner}")
    }

    fn drawn(&self, template: &str) -> String {
        let style = ProgressStyle::with_template(template).expect("a template of ours");
        self.bar.set_style(style);
        self.line.0.lock().clear();
        self.bar.tick();
        self.line.0.lock().trim_end().to_owned()
    }
}

/// A terminal of one line that is never moved in.
#[derive(Clone, Debug, Default)]
struct Line(Arc<Mutex<String>>);

impl TermLike for Line {
    fn width(&self) -> u16 {
        u8::MAX.into()
    }

    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.lock().push_str(text);
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
