//! `pause`: freezes all processes of a node by its control group; healed by thawing them.

use super::{Act, Facility, FaultKind, FaultSpec, Need, Target, target};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pause {
    pub targets: Vec<Target>,
}

impl Pause {
    pub const KIND: FaultKind = FaultKind {
        name: "pause",
        form: target::FORM,
        does: "freezes all processes of a container at once, so it needs Docker",
        healed_by: Some("thawing them"),
        keys: &[],
        most_ms: None,
        needs: Some(Need {
            facility: Facility::Freezer,
            words: "`pause` needs the freezer of containers, and the local runtime has none",
        }),
        examples: &["pause: [follower, \"broker:2\"]\nat: 30s\nfor: 500ms"],
        read: |reader, item| item.targets(reader, |targets| Pause { targets }.into()),
        rehearsal: |first, _| Some(Pause { targets: vec![first] }.into()),
    };
}

impl FaultSpec for Pause {
    fn groups(&self) -> Vec<&[Target]> {
        vec![&self.targets]
    }

    fn act(&self) -> Act {
        Act::Stop
    }
}
