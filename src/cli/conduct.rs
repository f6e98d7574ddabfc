//! Carries out studies: one run or a series each, shown while running, reported in files and at the
//! end.

use super::changes::Changes;
use super::choose_runtime::{Options, RuntimeChoice};
use super::output::OutputOptions;
use crate::clock::Epoch;
use crate::event::RunEvent;
use crate::exit::{Exit, Interrupt};
use crate::plan::{Asked, Plan, Shard, Study};
use crate::report::{self, Live, Show, Sort};
use crate::result::{self, Invocation, Report, Verb};
use crate::runner::{self, Bus, ClusterPool, Repeats, Request, RunFolder, Trial};
use crate::runtime::{Provider, RuntimeError};
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Instant;

mod again;

/// What commands that run scenarios have in common.
#[derive(Debug, clap::Args)]
pub(super) struct Conduct {
    #[command(flatten)]
    changes: Changes,
    /// Number of runs; each has fresh topics on a warm cluster
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    repeat: u32,
    /// Stop repeating once it is known with 95 % confidence, for every cell, whether the shares of
    /// trials with loss and with duplicates are above or below SHARE; needs --repeat as the limit
    #[arg(long, value_name = "SHARE", num_args = 0..=1, default_missing_value = "0.2",
          require_equals = true, value_parser = share, requires = "repeat")]
    until_decided: Option<f64>,
    /// Run only part I of N, so that N commands can share the work, as in 2/3
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    #[arg(long, value_name = "COLUMN", help = report::sort_help())]
    sort: Option<String>,
    /// Write the run's files to this folder; each of several scenarios has its own folder in it
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Use this seed instead of the scenario's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Where nodes run
    #[arg(long, value_enum, default_value_t = RuntimeChoice::Auto)]
    runtime: RuntimeChoice,
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    telling: OutputOptions,
}

impl Conduct {
    /// The request for plans.
    pub(super) fn asked(&self) -> Asked<'_> {
        self.changes.asked(self.seed, self.options.versions(self.runtime))
    }

    fn repeats(&self) -> Repeats {
        Repeats { most: self.repeat, until_decided: self.until_decided }
    }

    /// The shard's part of the studies, with a line about it; `None` if there is nothing to do.
    /// That is no failure: the other shards have everything.
    fn take(&self, studies: &[Study]) -> Option<Vec<Study>> {
        let shard = self.shard?;
        let taken = shard.take(studies);
        if taken.is_empty() || !self.telling.is_quiet() {
            report::tell(&shard.in_words(studies, &taken));
        }
        Some(taken)
    }

    /// Where a study's files go, if given.
    fn out(&self, study: &Study, several: bool) -> Option<PathBuf> {
        let out = self.out.as_ref()?;
        Some(if several { out.join(&study.first().name) } else { out.clone() })
    }

    /// Why these studies' files cannot go there.
    fn wrong_out(&self, studies: &[Study], several: bool) -> Option<String> {
        let mut taken = BTreeSet::new();
        studies.iter().find_map(|study| {
            let out = self.out(study, several)?;
            let problem = RunFolder::unfit(&out);
            problem.or_else(|| {
                let name = report::printable(&study.first().name);
                let twice = !taken.insert(out);
                twice.then(|| {
                    format!(
                        "two scenarios are called `{name}`, and each needs its own folder\n  help: \
                         leave out --out, or give one of them another name"
                    )
                })
            })
        })
    }

    /// The order of the rows, for a study with these axes.
    fn sort(&self, study: &Study) -> Result<Sort, String> {
        let Some(name) = &self.sort else { return Ok(Sort::Plan) };
        Sort::parse(name, &study.first().axes).map_err(|known| {
            let name = report::printable(name);
            format!("`--sort {name}`: no such column; use one of {known}")
        })
    }
}

/// A share between 0 and 1, or in percent.
fn share(text: &str) -> Result<f64, String> {
    let (number, unit) = match text.strip_suffix('%') {
        Some(number) => (number, 0.01),
        None => (text, 1.0),
    };
    let share = number.trim().parse::<f64>().map(|n| n * unit).ok();
    let within = share.filter(|share| (0.01..=0.99).contains(share));
    within.ok_or_else(|| "write a share from 0.01 to 0.99, as in 0.2 or 20%".to_owned())
}

/// Runs all studies and reports each. Call it before any thread exists.
pub(super) fn conduct(arguments: &Conduct, verb: Verb, studies: &[Study]) -> Exit {
    let wrong = |problem: &str| {
        report::tell(&format!("error: {problem}"));
        Exit::Usage
    };
    if let Some(problem) = studies.iter().find_map(|study| arguments.sort(study).err()) {
        return wrong(&problem);
    }
    // Folders are where they would be without shards.
    let several = studies.len() > 1;
    let shards = arguments.own_shards(studies);
    let taken = arguments.take(studies);
    let studies = taken.as_deref().unwrap_or(studies);
    if let Some(problem) = arguments.wrong_out(studies, several) {
        return wrong(&problem);
    }
    if studies.is_empty() {
        return Exit::Pass;
    }
    let plans: Vec<Plan> = studies.iter().flat_map(|study| study.plans.clone()).collect();
    // Before any thread exists: namespaces and the signal mask are inherited.
    let runtime = match arguments.options.choose(arguments.runtime, &plans) {
        Ok(runtime) => runtime,
        Err(error) => return complain(&error),
    };
    for plan in &plans {
        if let Err(error) = runtime.accepts(plan) {
            complain(&error);
            return Exit::Usage;
        }
    }
    let current = Current::default();
    let told = current.clone();
    let interrupt = match Interrupt::install_telling(move |_| told.interrupted()) {
        Ok(interrupt) => interrupt,
        Err(error) => return complain(&RuntimeError::io("cannot take over signals", error)),
    };
    let mut worst = Exit::Pass;
    let runtime = runtime.as_ref();
    for (study, shard) in studies.iter().zip(shards) {
        let again = arguments.invocation(verb, study, shard, runtime.kind());
        let (interrupt, current) = (interrupt.clone(), current.clone());
        let conductor = Conductor { arguments, runtime, interrupt, current, several, again };
        let exit = conductor.study(study).unwrap_or_else(|e| conductor.failed(study, &e));
        worst = worst.worst(exit);
        if conductor.interrupt.asked().is_some() {
            break;
        }
    }
    worst
}

/// The current run, so that an interrupt is answered where the run is shown.
#[derive(Clone, Default)]
struct Current(Arc<Mutex<Option<Bus>>>);

impl Current {
    fn set(&self, bus: Option<Bus>) {
        *self.0.lock() = bus;
    }

    fn interrupted(&self) {
        match &*self.0.lock() {
            Some(bus) => bus.tell(RunEvent::Interrupted),
            None => report::tell(report::INTERRUPTED),
        }
    }
}

/// Carries out one study.
struct Conductor<'a> {
    arguments: &'a Conduct,
    runtime: &'a dyn Provider,
    interrupt: Interrupt,
    current: Current,
    /// Whether there are several studies, each with its own folder.
    several: bool,
    /// What the reports keep of the command line.
    again: Invocation,
}

impl Conductor<'_> {
    fn study(&self, study: &Study) -> Result<Exit, RuntimeError> {
        let name = &study.first().name;
        let out = self.arguments.out(study, self.several);
        let mut pool = ClusterPool::new(self.runtime);
        let (report, folder) = if study.plans.len() == 1 && self.arguments.repeat == 1 {
            let folder = RunFolder::create(out.as_deref(), name)?;
            let show = self.arguments.telling.show(None);
            (self.run(study.first(), &folder, show, &mut pool, None)?, folder)
        } else {
            let folder = RunFolder::create_plain(out.as_deref(), name)?;
            let facts = self.runtime.facts(&study.first().cluster);
            self.arguments.telling.series(&report::environment::runtime(&facts));
            let report = self.series(study, &folder, &mut pool)?;
            let report = Report { invocation: Some(self.again.clone()), ..report };
            report::write_files(&report, folder.path())
                .map_err(|e| RuntimeError::io("cannot write the reports", e))?;
            (report, folder)
        };
        let closed = pool.close();
        let sort = self.arguments.sort(study).unwrap_or_default();
        (self.arguments.telling.end(&report, &sort, folder.path()))
            .map_err(|e| RuntimeError::io("cannot write the result", e))?;
        closed?;
        Ok(report.exit())
    }

    /// There is no report of this study.
    fn failed(&self, study: &Study, error: &RuntimeError) -> Exit {
        let exit = complain(error);
        let (name, reason) = (&study.first().name, error.to_string());
        match self.arguments.telling.failed(name, exit.code(), reason) {
            Ok(()) => exit,
            Err(e) => complain(&RuntimeError::io("cannot write the result", e)),
        }
    }

    /// One run, shown and reported in its folder; `trial`: which of several it is.
    fn run(
        &self,
        plan: &Plan,
        folder: &RunFolder,
        show: Show,
        pool: &mut ClusterPool<'_>,
        trial: Option<u32>,
    ) -> Result<Report, RuntimeError> {
        let (listener, events) = mpsc::channel();
        let live = Live::listen(events, &folder.path().join("events.jsonl"), show)
            .map_err(|e| RuntimeError::io("cannot write the events", e))?;
        let bus = Bus::new(Epoch::now(), listener);
        self.current.set(Some(bus.clone()));
        let request = Request { plan, folder, keep: trial.is_some() };
        let report = runner::run(&request, pool, &bus, &self.interrupt);
        let invocation = Some(Invocation { trial, ..self.again.clone() });
        let report = Report { invocation, ..report };
        self.current.set(None);
        // The listener ends when all senders are gone.
        drop(bus);
        let told = live.finish();
        report::write_files(&report, folder.path())
            .map_err(|e| RuntimeError::io("cannot write the reports", e))?;
        told.map_err(|e| RuntimeError::io("cannot write the events", e))?;
        Ok(report)
    }

    /// All runs of a study, merged.
    fn series(
        &self,
        study: &Study,
        folder: &RunFolder,
        pool: &mut ClusterPool<'_>,
    ) -> Result<Report, RuntimeError> {
        let begun = Instant::now();
        let mut run = |trial: &Trial| -> Result<Report, RuntimeError> {
            let folder = folder.path().join(trial.folder());
            let folder = RunFolder::create(Some(&folder), &trial.plan.name)?;
            let telling = &self.arguments.telling;
            let (show, number) = (telling.show(Some((trial, begun.elapsed()))), Some(trial.number));
            let report = self.run(&trial.plan, &folder, show, pool, number)?;
            (telling.trial(trial, &report, folder.path()))
                .map_err(|e| RuntimeError::io("cannot write the result", e))?;
            Ok(report)
        };
        Ok(result::merge(runner::series(study, self.arguments.repeats(), &mut run)?))
    }
}

pub(super) fn complain(error: &RuntimeError) -> Exit {
    report::tell(&format!("error: {error}"));
    Exit::Environment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_number_or_percent() {
        let near = |text: &str, value: f64| (share(text).unwrap() - value).abs() < 1e-9;
        assert!(near("0.2", 0.2) && near("20%", 0.2) && near("5 %", 0.05));
        for wrong in ["0", "1", "120%", "-0.5", "x", "", "%", "NaN"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }
}
