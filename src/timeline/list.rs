//! Derived from the list of faults: [`FaultAction`], [`KINDS`], and lookups.

use super::{FaultKind, FaultSpec, Key, with_all_faults};
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! list {
    ($($Fault:ident),+) => {
        /// What a fault does. JSON uses its kind's name.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum FaultAction {
            $($Fault(super::$Fault)),+
        }

        pub(crate) const KINDS: &[&FaultKind] = &[$(&super::$Fault::KIND),+];

        impl FaultAction {
            /// What all faults of its kind share.
            pub fn kind(&self) -> &'static FaultKind {
                match self {
                    $(FaultAction::$Fault(_) => &super::$Fault::KIND),+
                }
            }

            /// What this one means.
            pub fn spec(&self) -> &dyn FaultSpec {
                match self {
                    $(FaultAction::$Fault(spec) => spec),+
                }
            }
        }

        $(impl From<super::$Fault> for FaultAction {
            fn from(spec: super::$Fault) -> Self {
                FaultAction::$Fault(spec)
            }
        })+
    };
}
with_all_faults!(list);

impl FaultAction {
    pub fn name(&self) -> &'static str {
        self.kind().name
    }

    /// Whether it ends by itself; its length is then only a limit.
    pub fn ends_by_itself(&self) -> bool {
        self.kind().most_ms.is_some()
    }
}

impl fmt::Display for FaultAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name(), self.spec().words())
    }
}

pub(crate) fn kind(name: &str) -> Option<&'static FaultKind> {
    KINDS.iter().copied().find(|kind| kind.name == name)
}

pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|kind| kind.name)
}

/// The keys that only one kind of fault has.
pub(crate) fn own_keys() -> impl Iterator<Item = &'static Key> {
    KINDS.iter().flat_map(|kind| kind.keys)
}
