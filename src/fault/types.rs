//! What every fault can do, and how it fails.

use super::undone::Interference;

/// A fault that has been resolved to nodes, through its life: `inject` once, `prove` until it
/// gives a proof, `heal` on every way out.
pub(crate) trait Fault: Send {
    /// The nodes it acts on, by name.
    fn nodes(&self) -> Vec<String>;

    /// What healing needs, for the journal; written before anything is touched.
    fn remedy(&self) -> String;

    /// Touches the machine. On an error, [`Fault::heal`] is called all the same.
    ///
    /// # Errors
    /// When it could not be done at all, or would have done nothing.
    fn inject(&mut self) -> Result<(), FaultError>;

    /// Looks once whether the fault took effect; says in words, with figures, what proves it.
    /// `None`: not yet. It is asked again until it answers or the fault is over.
    ///
    /// # Errors
    /// When it can no longer take effect.
    fn prove(&mut self) -> Result<Option<String>, FaultError>;

    /// Asked again and again while the fault is in force: notices what another fault of the plan
    /// has taken from it (a restarted container has a new network namespace), puts it back, and
    /// says so in words.
    ///
    /// # Errors
    /// When it could not be put back.
    fn tend(&mut self) -> Result<Option<String>, FaultError> {
        Ok(None)
    }

    /// Called once a proved fault's time is over, before it is asked for the last time what has
    /// undone it: looks at what is looked at seldom otherwise.
    fn look_for_the_last_time(&mut self) {}

    /// Asked again and again once the fault was proved, and just before it is healed: what has
    /// ended it before its time, if anything but a fault of the plan has.
    fn undone(&mut self) -> Option<Interference> {
        None
    }

    /// Whether the fault is over by itself, before its time (a command that ended).
    fn is_over(&mut self) -> bool {
        false
    }

    /// Undoes what `inject` did and nothing else, but for what another fault still holds; says
    /// that in words. May be called again.
    ///
    /// # Errors
    /// When something stayed as the fault made it.
    fn heal(&mut self) -> Result<Option<String>, FaultError>;

    /// Asked once, just before healing: what else was observed, worth telling.
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
        /// As the scenario says it.
        target: String,
        /// Why.
        reason: String,
    },
    /// It would act on nothing, or on what is already so.
    #[error("{0}")]
    NoEffect(String),
    /// The operating system refused.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// The reason.
        source: std::io::Error,
    },
    /// The runtime refused.
    #[error(transparent)]
    Runtime(#[from] crate::runtime::RuntimeError),
}

impl FaultError {
    /// What was tried, and the operating system's reason.
    pub fn system(what: impl Into<String>, source: impl Into<std::io::Error>) -> Self {
        FaultError::System { what: what.into(), source: source.into() }
    }
}
