//! What a command that runs scenarios prints, and where: `-q`, `-v`, `--color`, `--json`.

use crate::report::{self, Detail, Ending, Finished, JsonLines, Paint, Series, Show, Sort};
use crate::result::Report;
use crate::runner::Trial;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

/// Only commands that run something are colourful, so the option is theirs and not every one's.
#[derive(Debug, clap::Args)]
pub(super) struct OutputOptions {
    /// Print only the table and a one-line result
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Show more: each broker's view, and the counts every second; of several trials, every event
    #[arg(short, long)]
    verbose: bool,
    /// When to use colors; auto: on a terminal, unless NO_COLOR is set
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    color: Color,
    /// Print events as JSON lines on standard output, and the result as the last; text for
    /// people goes to standard error
    #[arg(long)]
    json: bool,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// As on <https://no-color.org>: the variable counts if it is not empty, and the command line
    /// overrides it.
    fn paint(self, is_terminal: bool, no_color: Option<&std::ffi::OsStr>) -> Paint {
        Paint::new(match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => is_terminal && no_color.is_none_or(std::ffi::OsStr::is_empty),
        })
    }
}

impl OutputOptions {
    /// How a run is shown: the only one, or one of several, of which those before took so long.
    pub(super) fn show(&self, trial: Option<(&Trial, Duration)>) -> Show {
        let series = trial.map(|(Trial { number, of, .. }, took)| Series {
            over: number - 1,
            of: *of,
            took,
        });
        let trial = trial.map(|(trial, _)| trial);
        let detail = match (self.quiet, self.verbose, trial) {
            (true, _, _) => Detail::Nothing,
            (_, true, None) => Detail::Everything,
            (_, true, Some(_)) | (_, false, None) => Detail::Events,
            (_, false, Some(_)) => Detail::Failures,
        };
        let json = self.json.then(|| JsonLines::stdout(trial.map(|trial| trial.number)));
        let label = trial.map_or(String::new(), name);
        let show = Show { label, series, paint: self.err(), json, ..Show::lines(detail) };
        // On one terminal JSON lines and a block would interfere.
        if self.json && io::stdout().is_terminal() { show } else { show.with_block() }
    }

    /// Several runs are about to begin on this runtime; a single one reports it itself.
    pub(super) fn series(&self, runtime: &str) {
        if !self.quiet && !self.verbose {
            report::tell(&format!("runtime  {runtime}"));
        }
    }

    /// Whether only the result is printed.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// One of several runs is over; its report is in `folder`.
    pub(super) fn trial(&self, trial: &Trial, report: &Report, folder: &Path) -> io::Result<()> {
        if !self.quiet {
            let line = report::in_a_line(report, self.err());
            report::tell(&format!("{}: {line}", name(trial)));
        }
        let finished = || Finished::of(report, folder.join("report.json"));
        self.finished(Some(trial.number), finished)
    }

    /// All is over, and this is the result; its report is in `folder`.
    pub(super) fn end(&self, report: &Report, sort: &Sort, folder: &Path) -> io::Result<()> {
        let ending = if self.quiet { Ending::Brief } else { Ending::Full };
        let written = match (self.json, self.quiet) {
            (false, _) => annotate(report).and_then(|()| {
                let columns = columns(&console::Term::stdout());
                report::write_end(
                    report,
                    ending,
                    sort,
                    self.out(),
                    columns,
                    &mut io::stdout().lock(),
                )
            }),
            (true, false) => {
                let columns = columns(&console::Term::stderr());
                report::write_end(
                    report,
                    ending,
                    sort,
                    self.err(),
                    columns,
                    &mut io::stderr().lock(),
                )
            }
            (true, true) => Ok(()),
        };
        if let Err(error) = written
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            return Err(error);
        }
        self.finished(None, || Finished::of(report, folder.join("report.json")))
    }

    /// There is no report, for this reason.
    pub(super) fn failed(&self, scenario: &str, exit_code: u8, reason: String) -> io::Result<()> {
        let scenario = scenario.to_owned();
        let (verdict, report, reason) = (None, None, Some(reason));
        self.finished(None, || Finished { scenario, verdict, exit_code, report, reason })
    }

    fn finished(&self, trial: Option<u32>, finished: impl FnOnce() -> Finished) -> io::Result<()> {
        if !self.json {
            return Ok(());
        }
        let mut json = JsonLines::stdout(trial);
        json.finished(&finished());
        json.end()
    }

    fn err(&self) -> Paint {
        self.color.paint(io::stderr().is_terminal(), std::env::var_os("NO_COLOR").as_deref())
    }

    fn out(&self) -> Paint {
        self.color.paint(io::stdout().is_terminal(), std::env::var_os("NO_COLOR").as_deref())
    }
}

/// The width of a terminal; `None` if it is no terminal.
pub(super) fn columns(term: &console::Term) -> Option<usize> {
    term.size_checked().map(|(_, columns)| usize::from(columns))
}

/// Prints GitHub Actions annotations before the result, because the verdict is the last line.
fn annotate(report: &Report) -> io::Result<()> {
    if std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
        for line in report::annotations(report) {
            writeln!(io::stdout(), "{line}")?;
        }
    }
    Ok(())
}

/// `trial 2 of 6 (faults=kill)`.
fn name(trial: &Trial) -> String {
    let label = trial.plan.label();
    let label = if label.is_empty() { label } else { format!(" ({})", report::printable(&label)) };
    format!("trial {} of {}{label}", trial.number, trial.of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Args as _, Command, FromArgMatches as _};
    use std::ffi::OsStr;

    fn telling(arguments: &[&str]) -> Result<OutputOptions, clap::Error> {
        let command = OutputOptions::augment_args(Command::new("x").no_binary_name(true));
        OutputOptions::from_arg_matches(&command.try_get_matches_from(arguments)?)
    }

    #[test]
    fn colors_are_for_terminals_unless_the_command_line_or_no_color_says_otherwise() {
        let no = Some(OsStr::new("1"));
        let empty = Some(OsStr::new(""));
        let on = |color: Color, is_terminal, no_color| {
            color.paint(is_terminal, no_color) == Paint::new(true)
        };
        assert!(on(Color::Auto, true, None) && on(Color::Auto, true, empty));
        assert!(!on(Color::Auto, true, no) && !on(Color::Auto, false, None));
        assert!(on(Color::Always, false, no) && !on(Color::Never, true, None));
    }

    #[test]
    fn how_much_is_told_follows_from_the_command_line_and_the_number_of_runs() {
        let text = "name: t\nduration: 9s\n";
        let plan = crate::plan::from_text("t.yaml", text, &[], Some(1)).unwrap();
        let trial = Trial { number: 2, of: 6, plan };
        let detail = |arguments: &[&str]| {
            let telling = telling(arguments).unwrap();
            (telling.show(None).detail, telling.show(Some((&trial, Duration::ZERO))).detail)
        };
        assert_eq!(detail(&[]), (Detail::Events, Detail::Failures));
        assert_eq!(detail(&["-v"]), (Detail::Everything, Detail::Events));
        assert_eq!(detail(&["-q"]), (Detail::Nothing, Detail::Nothing));
        assert!(telling(&["-q", "-v"]).is_err());
        assert_eq!(
            telling(&[]).unwrap().show(Some((&trial, Duration::ZERO))).label,
            "trial 2 of 6"
        );
        assert!(telling(&["--json"]).unwrap().show(None).json.is_some());
    }
}
