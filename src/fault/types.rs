//! What every fault can do, and how it fails.

use super::undone::Interference;

/// A fault resolved to nodes, through its life: `inject` once, `prove` until it returns a proof,
/// `heal` on every way out.
pub(crate) trait Fault: Send {
    /// The names of the nodes it acts on.
    fn nodes(&self) -> Vec<String>;

    /// What healing needs, for the journal; written before anything is touched.
    fn remedy(&self) -> String;

    /// Touches the machine. After an error, [`Fault::heal`] is called all the same.
    ///
    /// # Errors
    /// It could not be done at all, or would have done nothing.
    fn inject(&mut self) -> Result<(), FaultError>;

    /// Checks once whether the fault took effect, and returns what proves it, in words with
    /// figures. `None`: not yet. Called again until it answers or the fault is over.
    ///
    /// # Errors
    /// It can no longer take effect.
    fn prove(&mut self) -> Result<Option<String>, FaultError>;

    /// Called repeatedly while the fault is in force: restores what another fault of the plan has
    /// taken from it (a restarted container has a new network namespace), and returns that in
    /// words.
    fn tend(&mut self) -> Result<Option<String>, FaultError> {
        Ok(None)
    }

    /// Called once a proved fault's time is over, before the last check of what has undone it:
    /// checks what is checked rarely otherwise.
    fn look_for_the_last_time(&mut self) {}

    /// Called repeatedly once the fault was proved, and just before it is healed: what has ended it
    /// before its time, other than a fault of the plan.
    fn undone(&mut self) -> Option<Interference> {
        None
    }

    /// Whether the fault has ended by itself, before its time (a command that ended).
    fn is_over(&mut self) -> bool {
        false
    }

    /// Undoes what `inject` did and nothing else, except what another fault still holds; returns
    /// that in words. May be called again.
    ///
    /// # Errors
    /// Something stayed as the fault made it.
    fn heal(&mut self) -> Result<Option<String>, FaultError>;

    /// Called once, just before healing: other observations worth reporting.
    fn last_words(&mut self) -> Option<String> {
        None
    }
}

/// Why a fault could not be injected, proved or healed.
#[derive(Debug, thiserror::Error)]
pub enum FaultError {
    /// The scenario's target means nothing at this moment.
    #[error("{target} cannot be resolved: {reason}")]
    Unresolved {
        /// In the scenario's words.
        target: String,
        reason: String,
    },
    /// It would act on nothing, or on what is already so.
    #[error("{0}")]
    NoEffect(String),
    /// The operating system refused.
    #[error("{what}: {source}")]
    System { what: String, source: std::io::Error },
    /// The runtime refused.
    #[error(transparent)]
    Runtime(#[from] crate::runtime::RuntimeError),
}

impl FaultError {
    pub fn system(what: impl Into<String>, source: impl Into<std::io::Error>) -> Self {
        FaultError::System { what: what.into(), source: source.into() }
    }
}
