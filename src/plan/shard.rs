//! [`Shard`]: the part of all runs that one of several commands takes.
//!
//! The unit is a plan with all its repeats. A scenario would be too coarse, because one with axes
//! over clusters and faults may be most of the work. A single trial would be too fine, because then
//! no report had all trials of a cell: its share of trials with loss, `--until-decided` and
//! comparisons would rest on a part of them.

use super::types::{Plan, Study};
use std::fmt;
use std::str::FromStr;

/// One of several equal parts: `2/3` is the second of three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    /// From 1 to `of`.
    number: u32,
    /// At least 1.
    of: u32,
}

impl Shard {
    /// Its part of these studies: plans are counted from 0 over all of them in order, and shard I
    /// of N takes those whose number modulo N is I-1. Shards 1 to N together take each plan once.
    /// An empty study is left out; a partial one gets a note.
    pub(crate) fn take(self, studies: &[Study]) -> Vec<Study> {
        let mut numbers = (0..self.of).cycle();
        let mut taken = Vec::new();
        for study in studies {
            let all = study.plans.iter().zip(&mut numbers);
            let mine = all.filter(|(_, number)| *number == self.number - 1);
            let mut plans: Vec<Plan> = mine.map(|(plan, _)| plan.clone()).collect();
            let (count, of) = (plans.len(), study.plans.len());
            if count < of {
                let note = format!("shard {self}: {count} of the {of} runs of this scenario");
                plans.iter_mut().for_each(|plan| plan.notes.push(note.clone()));
            }
            if count > 0 {
                taken.push(Study { plans });
            }
        }
        taken
    }

    /// The shard that takes from a study alone what this one takes from it after this many runs of
    /// others.
    #[must_use]
    pub(crate) fn after(self, runs: usize) -> Shard {
        let of = u64::from(self.of);
        let passed = runs as u64 % of;
        let number = (u64::from(self.number) - 1 + of - passed) % of + 1;
        Shard { number: number as u32, of: self.of }
    }

    /// What it took of these studies, in a line.
    pub(crate) fn in_words(self, all: &[Study], taken: &[Study]) -> String {
        let runs = |studies: &[Study]| studies.iter().map(|study| study.plans.len()).sum::<usize>();
        let (count, of) = (runs(taken), runs(all));
        let others = if self.of == 1 { "" } else { ", the other shards have the rest" };
        match count {
            0 => format!("shard {self}: nothing to run, there are fewer runs ({of}) than shards"),
            _ => format!("shard {self}: {count} of {of} runs{others}"),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').map(|(number, of)| (number.parse(), of.parse()));
        match numbers {
            Some((Ok(number), Ok(of))) if 1 <= number && number <= of => Ok(Shard { number, of }),
            Some((Ok(_), Ok(0))) => Err("there are no shards of 0; 1/1 is everything".to_owned()),
            Some((Ok::<u32, _>(_), Ok::<u32, _>(of))) => {
                Err(format!("the shards of {of} are 1/{of} to {of}/{of}"))
            }
            _ => Err("write two numbers, as in 2/3, the second shard of three".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Asked, from_text, study_from_text};
    use proptest::prelude::*;

    fn shard(text: &str) -> Shard {
        text.parse().unwrap()
    }

    /// Studies with these numbers of plans, each with its own seed.
    fn studies(sizes: &[usize]) -> Vec<Study> {
        let text = "name: x\nduration: 9s\nexpect: {lost: 0}\n";
        let plan = from_text("x.yaml", text, &[], Some(1)).unwrap();
        let mut seeds = 0..;
        let mut plan = || Plan { seed: seeds.next().unwrap(), ..plan.clone() };
        sizes.iter().map(|size| Study { plans: (0..*size).map(|_| plan()).collect() }).collect()
    }

    fn seeds(studies: &[Study]) -> Vec<u64> {
        studies.iter().flat_map(|study| &study.plans).map(|plan| plan.seed).collect()
    }

    proptest! {
        #[test]
        fn the_shards_together_are_everything_once_and_none_has_two_more_than_another(
            sizes in prop::collection::vec(1_usize..7, 1..7),
            of in 1_u32..13,
        ) {
            let all = studies(&sizes);
            let mut union: Vec<u64> = Vec::new();
            let mut counts = Vec::new();
            for number in 1..=of {
                let taken = Shard { number, of }.take(&all);
                // An empty study has no name and could not be run.
                prop_assert!(taken.iter().all(|study| !study.plans.is_empty()));
                // The order decides whether a cluster can stay warm, and a study is never in two
                // parts.
                prop_assert!(seeds(&taken).is_sorted());
                prop_assert!(taken.len() <= all.len());
                counts.push(seeds(&taken).len());
                union.extend(seeds(&taken));
            }
            union.sort_unstable();
            prop_assert_eq!(union, seeds(&all));
            prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1);
        }
    }

    #[test]
    fn plans_are_dealt_over_all_studies_and_a_study_that_is_cut_says_so() {
        let all = studies(&[1, 4, 1]);
        // Plans 0 to 5 in studies of 1, 4 and 1: of three shards the second has plans 1 and 4, both
        // of the second study.
        let taken = shard("2/3").take(&all);
        assert_eq!((taken.len(), seeds(&taken)), (1, vec![1, 4]));
        let note = "shard 2/3: 2 of the 4 runs of this scenario";
        assert!(taken[0].plans.iter().all(|plan| plan.notes == [note]), "{taken:?}");
        // The first has the whole first study, without a note, and plan 3.
        let taken = shard("1/3").take(&all);
        assert_eq!((taken.len(), seeds(&taken)), (2, vec![0, 3]));
        assert_eq!(taken[0], all[0]);
        assert_eq!(taken[1].notes(), ["shard 1/3: 1 of the 4 runs of this scenario"]);
        assert_eq!(shard("1/1").take(&all), all);
        assert_eq!(shard("7/9").take(&all), []);
    }

    #[test]
    fn what_a_shard_has_is_told_in_a_line() {
        let all = studies(&[1, 4, 1]);
        let words = |text: &str| shard(text).in_words(&all, &shard(text).take(&all));
        assert_eq!(words("1/4"), "shard 1/4: 2 of 6 runs, the other shards have the rest");
        assert_eq!(words("1/1"), "shard 1/1: 6 of 6 runs");
        assert_eq!(words("7/9"), "shard 7/9: nothing to run, there are fewer runs (6) than shards");
    }

    #[test]
    fn an_expectation_whose_cells_are_in_another_shard_is_no_mistake() {
        let text = "name: x\nduration: 9s\nmatrix: {cluster.kafka: [3.8.1, 4.4.0]}\nexpect:\n  \
                    - {when: {cluster.kafka: 3.8.1}, lost: 0}\n  \
                    - {when: {cluster.kafka: 4.4.0}, duplicated: 0}\n";
        let all = [study_from_text("x.yaml", text, &Asked::default()).unwrap()];
        let taken = shard("2/2").take(&all);
        let cell = &taken[0].first().cells[0];
        assert_eq!(cell.id, "cluster.kafka=4.4.0");
        // The cell of the other shard takes its own expectation with it.
        let texts: Vec<&str> = cell.expectations.iter().map(|e| e.text.as_str()).collect();
        assert_eq!(texts, ["duplicated: 0"]);
    }

    #[test]
    fn only_a_shard_that_there_is_can_be_asked_for() {
        for text in ["1/1", "1/3", "3/3", "4294967295/4294967295"] {
            assert_eq!(shard(text).to_string(), text);
        }
        for (text, told) in [
            ("0/3", "the shards of 3 are 1/3 to 3/3"),
            ("4/3", "the shards of 3 are 1/3 to 3/3"),
            ("0/0", "there are no shards of 0; 1/1 is everything"),
            ("1/0", "there are no shards of 0; 1/1 is everything"),
        ] {
            assert_eq!(text.parse::<Shard>().unwrap_err(), told, "{text}");
        }
        for text in
            ["", "x", "1", "/", "1/", "/3", "-1/3", "1/3/5", "1 of 3", "1/ 3", "1/4294967296"]
        {
            let told = text.parse::<Shard>().unwrap_err();
            assert_eq!(told, "write two numbers, as in 2/3, the second shard of three", "{text}");
        }
    }
}
