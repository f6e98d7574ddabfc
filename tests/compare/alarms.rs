//! How often equal runs raise an alarm, and how often unequal ones do not: thousands of generated
//! runs of 36 cells, with random losses and heavy-tailed latencies.

use fastrand::Rng;
use kafka_chaos::testing::compare::{Options, Outcome, Promise, Side, SideCell, Trial, compare};
use kafka_chaos::testing::model::{ByMetric, Metric, Properties};
use kafka_chaos::testing::verify::Verdict;

const CELLS: usize = 36;

/// The distribution of a cell's figures.
#[derive(Clone, Copy)]
struct Law {
    /// The probability that a trial loses.
    loss: f64,
    /// The probability that it duplicates.
    duplicates: f64,
    /// The scale of its latencies, in milliseconds.
    scale_ms: f64,
    /// The shape of their tail: the smaller, the heavier. Below 2 there is no variance.
    tail: f64,
}

/// 36 cells of all kinds: safe ones, ones that always lose, and everything between.
fn laws() -> Vec<Law> {
    let chances = [0.0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 1.0];
    let law = |cell: usize| Law {
        loss: chances[cell % chances.len()],
        duplicates: chances[cell / 4 % chances.len()] / 2.0,
        scale_ms: [3.0, 40.0, 900.0, 12_000.0][cell % 4],
        tail: [1.1, 1.5, 3.0][cell % 3],
    };
    (0..CELLS).map(law).collect()
}

/// A factor of Pareto's distribution, from 1 up.
fn pareto(rng: &mut Rng, tail: f64) -> f64 {
    (1.0 - rng.f64()).powf(-1.0 / tail).min(1e6)
}

fn amount(rng: &mut Rng, chance: f64) -> Option<u64> {
    let size = (100.0 * pareto(rng, 1.5)) as u64;
    Some(if rng.f64() < chance { size } else { 0 })
}

/// One run. The cells of a trial share a machine, so a trial is slow for all of them.
fn run(rng: &mut Rng, laws: &[Law], trials: u32) -> Side {
    let slow: Vec<f64> = (0..trials).map(|_| pareto(rng, 2.0)).collect();
    let mut cell = |(index, law): (usize, &Law)| {
        let mut figure = |factor: f64| law.scale_ms * factor * pareto(rng, law.tail);
        let times: Vec<[f64; 3]> = slow
            .iter()
            .map(|slow| [figure(*slow), figure(3.0 * *slow), figure(50.0 * *slow)])
            .collect();
        let trial = |(number, times): (usize, &[f64; 3])| Trial {
            number: number as u32 + 1,
            counts: ByMetric::all(None)
                .with(Metric::Acked, Some(10_000))
                .with(Metric::Lost, amount(rng, law.loss))
                .with(Metric::Duplicated, amount(rng, law.duplicates))
                .with(Metric::Phantom, Some(0)),
            unavailable_ms: Some(times[2]),
            // As coarse as the histogram that percentiles come from.
            p99_before_us: Some(coarse(times[0] * 1e3)),
            p99_during_us: Some(coarse(times[1] * 1e3)),
        };
        let trials: Vec<Trial> = times.iter().enumerate().map(trial).collect();
        let id = format!("linger.ms={index}");
        let axes = Properties::from([("linger.ms".to_owned(), index.to_string())]);
        SideCell {
            id,
            config: axes.clone(),
            axes,
            promises: promises(law),
            left_out: vec![],
            trials,
        }
    };
    let cells = laws.iter().enumerate().map(&mut cell).collect();
    Side {
        scenario: "made".into(),
        started_at: String::new(),
        setup: Properties::from([("cluster.kafka".into(), "3.8.1".into())]),
        environment: Properties::new(),
        notes: vec![],
        cells,
    }
}

/// A scenario promises what holds.
fn promises(law: &Law) -> Vec<Promise> {
    let text = "lost: 0".to_owned();
    let promise =
        Promise { text, metric: Metric::Lost, min: Some(0), max: Some(0), verdict: Verdict::Pass };
    if law.loss > 0.0 { vec![] } else { vec![promise] }
}

/// Eight steps per doubling.
fn coarse(us: f64) -> u64 {
    ((us.max(1.0).log2() * 8.0).ceil() / 8.0).exp2() as u64
}

fn outcome(base: &Side, new: &Side) -> Outcome {
    compare(("base", base), ("new", new), Options::default()).outcome
}

/// How many of these pairs have this outcome.
fn count(pairs: u32, outcome: Outcome, mut pair: impl FnMut() -> Outcome) -> u32 {
    (0..pairs).map(|_| u32::from(pair() == outcome)).sum()
}

#[test]
fn equal_runs_alarm_in_at_most_one_of_twenty_pairs() {
    let mut rng = Rng::with_seed(20);
    let laws = laws();
    for (trials, pairs) in [(1, 300), (3, 300), (4, 300), (8, 300), (20, 120)] {
        for wanted in [Outcome::Regression, Outcome::Improved] {
            let seen = count(pairs, wanted, || {
                outcome(&run(&mut rng, &laws, trials), &run(&mut rng, &laws, trials))
            });
            assert!(seen * 20 <= pairs, "{wanted:?} in {seen} of {pairs} pairs of {trials} trials");
        }
    }
}

/// A single cell, for which the correction for many tests takes least, and uneven numbers of
/// trials.
#[test]
fn so_do_equal_runs_of_one_cell() {
    let mut rng = Rng::with_seed(21);
    for (base, new) in [(3, 3), (4, 7), (8, 8), (20, 6)] {
        let (mut seen, mut pairs) = (0, 0);
        for law in laws().into_iter().take(9) {
            pairs += 200;
            seen += count(200, Outcome::Regression, || {
                outcome(&run(&mut rng, &[law], base), &run(&mut rng, &[law], new))
            });
        }
        assert!(seen * 20 <= pairs, "{seen} of {pairs} pairs of {base} and {new} trials");
    }
}

/// A machine that is a tenth slower on one day than on the other: runs differ by more than the
/// trials of one run show, and the tolerance is for that.
#[test]
fn a_slightly_slower_day_is_no_regression() {
    let mut rng = Rng::with_seed(22);
    let laws: Vec<Law> = laws().into_iter().map(|law| Law { tail: 30.0, ..law }).collect();
    let slower: Vec<Law> =
        laws.iter().map(|law| Law { scale_ms: law.scale_ms * 1.1, ..*law }).collect();
    let seen = count(100, Outcome::Regression, || {
        outcome(&run(&mut rng, &laws, 12), &run(&mut rng, &slower, 12))
    });
    assert!(seen <= 5, "{seen} of 100");
}

/// One cell of 36 that loses in nine trials of ten instead of one, or is four times as slow, is
/// found, and no other cell is blamed.
#[test]
fn a_regression_in_one_cell_is_found() {
    let mut rng = Rng::with_seed(23);
    let laws = laws();
    let mut lossy = laws.clone();
    (lossy[2].loss, lossy[2].tail) = (0.9, laws[2].tail);
    assert!((laws[2].loss - 0.1).abs() < 1e-9);
    let mut slow = laws.clone();
    slow[5].scale_ms *= 4.0;
    assert!((laws[5].tail - 3.0).abs() < 1e-9);
    for (changed, index, at_least) in [(lossy, 2, 38), (slow, 5, 30)] {
        let mut found = 0;
        for _ in 0..40 {
            let (base, new) = (run(&mut rng, &laws, 20), run(&mut rng, &changed, 20));
            let all = compare(("base", &base), ("new", &new), Options::default());
            let id = format!("linger.ms={index}");
            let is_worse = |c: &kafka_chaos::testing::compare::PairFindings| {
                c.change == kafka_chaos::testing::compare::Change::Worse
            };
            found += u32::from(all.cells.iter().any(|c| c.new == id && is_worse(c)));
        }
        assert!(found >= at_least, "cell {index} in {found} of 40");
    }
}
