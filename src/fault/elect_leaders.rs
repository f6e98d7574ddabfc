//! `elect_leaders`: asks Kafka for elections until it has held them; there is nothing to heal.
//! Kafka's own answers prove preferred elections; the watcher proves unclean ones: it saw a leader
//! that was not in sync when the one before it went.

use super::history::History;
use super::prepare::{Prepare, Stage};
use super::{Fault, FaultError};
use crate::kafka::elect::{ELECTED, ELECTION_NOT_NEEDED, elect};
use crate::kafka::error::code_name;
use crate::kafka::leaders::Succession;
use crate::kafka::{KafkaError, Operator, TopicPartition};
use crate::runtime::Vantage;
use crate::timeline::{self, Election};
use std::sync::Arc;
use std::time::Duration;

/// How long one broker, and the controller behind it, may work on one request.
const CALL_TIMEOUT: Duration = Duration::from_secs(2);
/// The most partitions listed one by one.
const LISTED_MAX: usize = 4;

/// Elections that are asked for.
pub(super) struct ElectLeaders {
    operator: Operator,
    election: Election,
    history: Arc<History>,
    cases: Vec<Case>,
    /// Requests without an answer: after each, the next broker is asked.
    failures: usize,
    trouble: Option<String>,
    over: bool,
}

struct Case {
    of: TopicPartition,
    /// Its leader before Kafka was asked, as far as the watcher knew.
    before: Option<i32>,
    answer: Option<i16>,
    /// Whether a request without an answer may have held the election.
    in_doubt: bool,
    /// The unclean election, once it was seen.
    seen: Option<Succession>,
}

impl ElectLeaders {
    /// Asks from this place, for all partitions that the election applies to.
    pub(super) fn new(vantage: &Vantage, election: Election, history: Arc<History>) -> Self {
        let case = |of| Case { of, before: None, answer: None, in_doubt: false, seen: None };
        let cases = history.partitions(election).into_iter().map(case).collect();
        let operator = Operator::new(vantage, CALL_TIMEOUT);
        ElectLeaders { operator, election, history, cases, failures: 0, trouble: None, over: false }
    }

    /// Asks for what is not elected yet, then checks what the watcher saw.
    fn turn(&mut self) {
        let left: Vec<TopicPartition> =
            self.cases.iter().filter(|c| self.is_open(c)).map(|c| c.of.clone()).collect();
        if !left.is_empty() {
            match self.ask(&left) {
                Ok(()) => self.trouble = None,
                Err(error) => {
                    self.trouble = Some(error.to_string());
                    self.failures += 1;
                    let in_doubt = !matches!(error, KafkaError::Connect { .. });
                    for case in self.cases.iter_mut().filter(|c| left.contains(&c.of)) {
                        case.in_doubt |= in_doubt;
                    }
                }
            }
        }
        if self.election == Election::Unclean {
            for case in &mut self.cases {
                case.seen = self.history.succession(&case.of).filter(|found| found.unclean);
            }
        }
    }

    /// Whether it is worth asking for this partition. "Not needed" ends it for a preferred leader;
    /// for an unclean election it also means that the old leader is not known to be dead yet.
    fn is_open(&self, case: &Case) -> bool {
        match self.election {
            Election::Preferred => !case.is_settled(),
            Election::Unclean => case.seen.is_none() && case.answer != Some(ELECTED),
        }
    }

    fn ask(&mut self, partitions: &[TopicPartition]) -> Result<(), KafkaError> {
        let brokers = self.operator.brokers();
        let broker = brokers.get(self.failures % brokers.len().max(1)).copied().unwrap_or(-1);
        let codes = elect(&mut self.operator, broker, self.election, partitions, CALL_TIMEOUT)?;
        for case in &mut self.cases {
            case.answer = codes.get(&case.of).copied().or(case.answer);
        }
        Ok(())
    }

    fn prove_preferred(&self) -> Result<Option<String>, FaultError> {
        if !self.cases.iter().all(Case::is_settled) {
            return Ok(None);
        }
        let preferred = |case: &Case| self.history.preferred(&case.of);
        let moved = |case: &&Case| {
            let led_by_another = case.before.is_some() && case.before != preferred(case);
            case.answer == Some(ELECTED) || (case.in_doubt && led_by_another)
        };
        let parts: Vec<String> = (self.cases.iter().filter(moved))
            .map(|case| {
                let id = |id: Option<i32>| id.map_or("?".to_owned(), |id| id.to_string());
                format!("{}: leader {} -> {}", case.name(), id(case.before), id(preferred(case)))
            })
            .collect();
        if parts.is_empty() {
            let every = "every partition had its preferred leader already";
            return Err(FaultError::NoEffect(every.to_owned()));
        }
        let kept = self.cases.len() - parts.len();
        let rest = if kept == 0 { String::new() } else { format!("; {kept} more had theirs") };
        Ok(Some(format!("moved to the preferred leader: {}{rest}", listed(&parts))))
    }

    fn prove_unclean(&self) -> Option<String> {
        let seen: Vec<(&Case, &Succession)> =
            self.cases.iter().map(|c| Some((c, c.seen.as_ref()?))).collect::<Option<_>>()?;
        if seen.is_empty() || !seen.iter().all(|(c, s)| self.history.take(&c.of, s.epoch)) {
            return None;
        }
        let parts: Vec<String> = seen
            .iter()
            .map(|(case, s)| {
                let Succession { from, to, epoch, isr, .. } = s;
                let (name, by) = (case.name(), case.elector());
                format!(
                    "{name}: leader {from} -> {to} (epoch {epoch}), which was not in sync (the \
                     last in-sync replicas: {isr:?}); elected {by}"
                )
            })
            .collect();
        Some(listed(&parts))
    }
}

impl Case {
    fn name(&self) -> String {
        format!("{}-{}", self.of.0, self.of.1)
    }

    fn is_settled(&self) -> bool {
        matches!(self.answer, Some(ELECTED | ELECTION_NOT_NEEDED))
    }

    /// Who held the unclean election.
    fn elector(&self) -> &'static str {
        match (self.answer, self.in_doubt) {
            (Some(ELECTED), _) => "by this request",
            (_, true) => "by this request or by the controller: one try had no answer",
            (_, false) => "by the controller already, as `unclean.leader.election.enable` has it",
        }
    }
}

impl Prepare for timeline::ElectLeaders {
    fn prepare(&self, stage: &Stage<'_>) -> Result<Box<dyn Fault>, FaultError> {
        let (vantage, history) = (stage.site.cluster.vantage(), Arc::clone(&stage.site.history));
        Ok(Box::new(ElectLeaders::new(&vantage, self.election, history)))
    }
}

impl Fault for ElectLeaders {
    fn nodes(&self) -> Vec<String> {
        vec!["controller".to_owned()]
    }

    fn remedy(&self) -> String {
        "none: an election is not undone".to_owned()
    }

    fn inject(&mut self) -> Result<(), FaultError> {
        if self.cases.is_empty() {
            return Err(FaultError::NoEffect("there is no partition to elect for".to_owned()));
        }
        for case in &mut self.cases {
            case.before = self.history.leader(&case.of);
        }
        self.turn();
        Ok(())
    }

    fn prove(&mut self) -> Result<Option<String>, FaultError> {
        let proof = match self.election {
            Election::Preferred => self.prove_preferred()?,
            Election::Unclean => self.prove_unclean(),
        };
        self.over |= proof.is_some();
        Ok(proof)
    }

    fn tend(&mut self) -> Result<Option<String>, FaultError> {
        self.turn();
        Ok(None)
    }

    fn is_over(&mut self) -> bool {
        self.over
    }

    fn heal(&mut self) -> Result<Option<String>, FaultError> {
        Ok(None)
    }

    fn last_words(&mut self) -> Option<String> {
        if self.over {
            return None;
        }
        let open = |case: &&Case| match self.election {
            Election::Preferred => !case.is_settled(),
            Election::Unclean => case.seen.is_none(),
        };
        let parts: Vec<String> = (self.cases.iter().filter(open))
            .map(|case| {
                let said = case.answer.map_or("nothing".to_owned(), code_name);
                let leader = match self.history.leader(&case.of) {
                    Some(leader) if leader >= 0 => format!("led by {leader}"),
                    _ => "without a leader".to_owned(),
                };
                format!("{} is {leader}, and Kafka answered {said}", case.name())
            })
            .collect();
        let trouble = self.trouble.as_ref().map(|t| format!("the last request failed: {t}"));
        let words: Vec<String> =
            (!parts.is_empty()).then(|| listed(&parts)).into_iter().chain(trouble).collect();
        (!words.is_empty()).then(|| words.join("; "))
    }
}

/// The first few, and how many more there are.
fn listed(parts: &[String]) -> String {
    let first = parts[..parts.len().min(LISTED_MAX)].join("; ");
    match parts.len().saturating_sub(LISTED_MAX) {
        0 => first,
        more => format!("{first}; and {more} more like it"),
    }
}

#[cfg(test)]
mod tests;
