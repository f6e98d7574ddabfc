//! Several runs of one study, one after another: every plan, as often as requested, on clusters
//! that stay warm if only topics change.

use crate::model::Metric;
use crate::plan::{Plan, Study};
use crate::result::{Report, TrialReport, cell_trials};

/// How often, and until when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Repeats {
    /// The most trials of each plan.
    pub most: u32,
    /// Fewer if, in every cell, the 95 % intervals of the shares of trials with loss and with
    /// duplicates lie on one side of this share.
    pub until_decided: Option<f64>,
}

/// One run that is about to begin.
#[derive(Clone, Debug)]
pub(crate) struct Trial {
    /// From 1 over all runs.
    pub number: u32,
    /// The most runs.
    pub of: u32,
    /// The plan, with its own topics and seed.
    pub plan: Plan,
}

impl Trial {
    /// Its folder within the study's.
    pub(crate) fn folder(&self) -> String {
        format!("trials/{:03}", self.number)
    }
}

/// Runs everything in order and returns each run's report. `run` carries one out. The series ends
/// early if a run was interrupted or its environment failed. If `run` fails, earlier reports are in
/// their folders.
pub(crate) fn series<E>(
    study: &Study,
    repeats: Repeats,
    run: &mut dyn FnMut(&Trial) -> Result<Report, E>,
) -> Result<Vec<(TrialReport, Report)>, E> {
    let of = study.plans.len() as u32 * repeats.most;
    let mut done: Vec<(TrialReport, Report)> = Vec::new();
    for plans in study.plans.chunk_by(|a, b| a.cluster == b.cluster) {
        let begun = done.len();
        for _ in 0..repeats.most {
            for plan in plans {
                let trial = trial(plan, done.len() as u32 + 1, of);
                let report = run(&trial)?;
                // The environment would fail again, and an interrupt is for all.
                let ended = report.exit().is_cut();
                let told = TrialReport::of(trial.number, trial.folder(), &trial.plan, &report);
                done.push((told, report));
                if ended {
                    return Ok(done);
                }
            }
            if repeats.until_decided.is_some_and(|share| is_decided(&done[begun..], share)) {
                break;
            }
        }
    }
    Ok(done)
}

fn trial(plan: &Plan, number: u32, of: u32) -> Trial {
    Trial { number, of, plan: plan.for_trial(number) }
}

/// Whether every cell's shares of loss and of duplication are known to be above or below `share`.
fn is_decided(done: &[(TrialReport, Report)], share: f64) -> bool {
    cell_trials(done).iter().all(|trials| {
        [Metric::Lost, Metric::Duplicated].into_iter().all(|metric| {
            let tally = &trials.tallies[metric];
            tally.share.low > share || tally.share.high < share
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;
    use crate::plan;
    use crate::result::blank;

    fn study() -> Study {
        let text = "name: t\nduration: 9s\nmatrix: {acks: ['1', all]}\nexpect: {lost: 0}\n";
        Study { plans: vec![plan::from_text("t.yaml", text, &[], Some(7)).unwrap()] }
    }

    /// A run in which the first cell lost something.
    fn report(plan: &Plan, exit: Exit) -> Report {
        let mut report = blank(plan, None);
        report.exit_code = exit.code();
        report.why.clear();
        for (i, cell) in report.cells.iter_mut().enumerate() {
            cell.counts.set(Metric::Lost, if i == 0 { 5 } else { 0 });
            cell.verdict = crate::verify::Verdict::Fail;
        }
        report
    }

    fn numbers(repeats: Repeats, exit: &dyn Fn(u32) -> Exit) -> Vec<u32> {
        let mut run = |trial: &Trial| Ok::<_, ()>(report(&trial.plan, exit(trial.number)));
        let done = series(&study(), repeats, &mut run).unwrap();
        done.iter().map(|(trial, _)| trial.number).collect()
    }

    #[test]
    fn every_trial_has_topics_a_seed_and_a_folder_of_its_own() {
        let mut seen = Vec::new();
        let mut run = |trial: &Trial| {
            let plan = &trial.plan;
            seen.push((plan.cells[1].topic.name.clone(), plan.seed, trial.folder()));
            Ok::<_, ()>(report(plan, Exit::Pass))
        };
        series(&study(), Repeats { most: 2, until_decided: None }, &mut run).unwrap();
        let expected = [("chaos-t-1-1", 7, "trials/001"), ("chaos-t-1-2", 8, "trials/002")];
        let expected =
            expected.map(|(topic, seed, folder)| (topic.to_owned(), seed, folder.to_owned()));
        assert_eq!(seen, expected);
    }

    #[test]
    fn what_is_decided_is_not_repeated() {
        // 0 of 16 is below 20 % with 95 % confidence (Wilson), 0 of 15 is not.
        let decided = Repeats { most: 40, until_decided: Some(0.2) };
        assert_eq!(numbers(decided, &|_| Exit::Violated).len(), 16);
        let short = Repeats { most: 9, ..decided };
        assert_eq!(numbers(short, &|_| Exit::Violated).len(), 9);
    }

    #[test]
    fn an_environment_that_failed_ends_the_series() {
        let repeats = Repeats { most: 5, until_decided: None };
        let exit = |n| if n == 2 { Exit::Environment } else { Exit::Inconclusive };
        assert_eq!(numbers(repeats, &exit), [1, 2]);
    }
    #[test]
    fn of_a_study_that_a_shard_cut_only_what_ran_is_reported() {
        let text = "name: t\nduration: 9s\nexpect: {lost: 0}\n\
                    matrix: {cluster.kafka: [3.8.1, 4.4.0], acks: ['1', all]}\n";
        let all = plan::study_from_text("t.yaml", text, &plan::Asked::default()).unwrap();
        let shard: plan::Shard = "2/2".parse().unwrap();
        let taken = shard.take(&[all]);
        let mut run = |trial: &Trial| {
            assert_eq!((trial.of, trial.plan.label().as_str()), (3, "cluster.kafka=4.4.0"));
            Ok::<_, ()>(report(&trial.plan, Exit::Pass))
        };
        let done = series(&taken[0], Repeats { most: 3, until_decided: None }, &mut run).unwrap();
        let merged = crate::result::merge(done);
        let ids: Vec<&str> = merged.cells.iter().map(|cell| cell.id.as_str()).collect();
        assert_eq!(ids, ["cluster.kafka=4.4.0,acks=1", "cluster.kafka=4.4.0,acks=all"]);
        // Nothing was sent in these, so they prove nothing: three of three, and not of six.
        let verdicts = merged.trials.iter().map(|trial| trial.verdict);
        assert_eq!(verdicts.collect::<Vec<_>>(), [crate::verify::Verdict::Inconclusive; 3]);
        assert_eq!((merged.trials.len(), merged.plan.cluster.kafka.as_str()), (3, "4.4.0"));
    }
}
