//! `kill`: SIGKILL, healed by starting the node again.

use super::{Act, FaultKind, FaultSpec, Target, target};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kill {
    pub targets: Vec<Target>,
}

impl Kill {
    pub const KIND: FaultKind = FaultKind {
        name: "kill",
        form: target::FORM,
        does: "SIGKILL",
        healed_by: Some("starting the node again"),
        keys: &[],
        most_ms: None,
        needs: None,
        examples: &["kill: controller\nat: 1m\nfor: 1.5 session"],
        read: |reader, item| item.targets(reader, |targets| Kill { targets }.into()),
        rehearsal: |first, _| Some(Kill { targets: vec![first] }.into()),
    };
}

impl FaultSpec for Kill {
    fn groups(&self) -> Vec<&[Target]> {
        vec![&self.targets]
    }

    fn act(&self) -> Act {
        Act::Kill
    }
}
