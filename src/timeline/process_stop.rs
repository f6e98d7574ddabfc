//! `process_stop`: SIGSTOP, healed by SIGCONT.

use super::{Act, FaultKind, FaultSpec, Target, target};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProcessStop {
    pub targets: Vec<Target>,
}

impl ProcessStop {
    pub const KIND: FaultKind = FaultKind {
        name: "process_stop",
        form: target::FORM,
        does: "SIGSTOP",
        healed_by: Some("SIGCONT"),
        keys: &[],
        most_ms: None,
        needs: None,
        examples: &["process_stop: leader\nat: 5s\nfor: 2 session"],
        read: |reader, item| item.targets(reader, |targets| ProcessStop { targets }.into()),
        rehearsal: |first, _| Some(ProcessStop { targets: vec![first] }.into()),
    };
}

impl FaultSpec for ProcessStop {
    fn groups(&self) -> Vec<&[Target]> {
        vec![&self.targets]
    }

    fn act(&self) -> Act {
        Act::Stop
    }
}
