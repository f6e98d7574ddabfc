//! The exit codes of `chaos`, in one place, and which of several wins.

/// How a command ended, and its exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Every expectation was met, or nothing was expected.
    Pass,
    /// An expectation was violated.
    Violated,
    /// The command line or a scenario is wrong; nothing was started.
    Usage,
    /// A fault did not take effect, a control did not bite, or the log could not be read.
    Inconclusive,
    /// Kafka, Java, the disk or the namespaces failed.
    Environment,
    /// Interrupted by SIGINT; faults were healed, and what was known is reported.
    Interrupted,
    /// Interrupted by SIGTERM; faults were healed, and what was known is reported.
    Terminated,
}

impl Exit {
    pub const fn code(self) -> u8 {
        match self {
            Exit::Pass => 0,
            Exit::Violated => 1,
            Exit::Usage => 2,
            Exit::Inconclusive => 3,
            Exit::Environment => 4,
            Exit::Interrupted => 130,
            Exit::Terminated => 143,
        }
    }

    /// The exit with this status; [`Exit::Environment`] for one that no run ends with.
    pub fn of_run(code: u8) -> Self {
        [Exit::Pass, Exit::Violated, Exit::Inconclusive, Exit::Interrupted, Exit::Terminated]
            .into_iter()
            .find(|exit| exit.code() == code)
            .unwrap_or(Exit::Environment)
    }

    /// Whether a run with this exit was aborted.
    pub const fn is_cut(self) -> bool {
        matches!(self, Exit::Environment | Exit::Interrupted | Exit::Terminated)
    }

    /// The worse of two, for several scenarios in one command: an interrupt ends the command and
    /// wins; then 4, 1, 3, 0. `Usage` never meets another, because nothing was started.
    #[must_use]
    pub fn worst(self, other: Exit) -> Exit {
        if self.rank() >= other.rank() { self } else { other }
    }

    const fn rank(self) -> u8 {
        match self {
            Exit::Pass => 0,
            Exit::Inconclusive => 1,
            Exit::Violated => 2,
            Exit::Environment => 3,
            Exit::Usage => 4,
            Exit::Interrupted => 5,
            Exit::Terminated => 6,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        std::process::ExitCode::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn the_worst_of_several_scenarios_wins_in_the_documented_order() {
        let order = [Exit::Pass, Exit::Inconclusive, Exit::Violated, Exit::Environment];
        for (i, better) in order.iter().enumerate() {
            for worse in &order[i..] {
                assert_eq!(better.worst(*worse), *worse);
                assert_eq!(worse.worst(*better), *worse);
            }
        }
    }
}
