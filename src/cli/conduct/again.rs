//! What a report keeps of the command line, so that the run can be repeated.

use super::Conduct;
use crate::cli::scenario_argument::{STDIN, STDIN_SOURCE};
use crate::model::RuntimeKind;
use crate::plan::{Shard, Study};
use crate::result::{Invocation, Verb};
use std::collections::BTreeMap;
use std::slice;

impl Conduct {
    /// For each study in the shard, the shard that takes the same part of it alone; `None` for all
    /// of it.
    pub(super) fn own_shards(&self, studies: &[Study]) -> Vec<Option<Shard>> {
        let Some(shard) = self.shard else { return vec![None; studies.len()] };
        let mut before = 0;
        let mut own = Vec::new();
        for study in studies {
            let alone = shard.after(before);
            before += study.plans.len();
            if let Some(part) = alone.take(slice::from_ref(study)).first() {
                own.push((part.plans.len() < study.plans.len()).then_some(alone));
            }
        }
        own
    }

    /// What the reports of a study keep; `shard` is its own.
    pub(super) fn invocation(
        &self,
        command: Verb,
        study: &Study,
        shard: Option<Shard>,
        runtime: RuntimeKind,
    ) -> Invocation {
        let source = &study.first().source;
        let mut kept = Invocation {
            command,
            scenario: if source == STDIN_SOURCE { STDIN.to_owned() } else { source.clone() },
            set: self.changes.overrides.clone(),
            sweep: self.changes.sweeps.clone(),
            seed: study.first().seed,
            repeat: self.repeat,
            until_decided: self.until_decided,
            shard: shard.map(|shard| shard.to_string()),
            runtime,
            heap_mib: 0,
            kafka_home: None,
            image: None,
            pull_never: false,
            port_base: None,
            environment: BTreeMap::new(),
            trial: None,
        };
        self.options.keep(&mut kept);
        kept
    }
}

#[cfg(test)]
mod tests;
