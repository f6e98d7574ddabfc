//! [`Paint`]: colors, sparse, and never the only carrier of a meaning: the words or figures say the
//! same.

use crate::verify::Verdict;
use console::Style;
use std::fmt::Display;

/// Paints text for a terminal, or leaves it as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// The caller, who knows the terminal and the command line, decides whether to paint.
    pub const fn new(on: bool) -> Self {
        Paint { on }
    }

    /// Leaves everything as it is.
    pub const fn plain() -> Self {
        Paint { on: false }
    }

    /// As it should be.
    pub fn good(self, text: impl Display) -> String {
        self.apply(Style::new().green(), text)
    }

    /// What must not be.
    pub fn bad(self, text: impl Display) -> String {
        self.apply(Style::new().red().bold(), text)
    }

    /// Unusual: a fault in force, a cell without acknowledgements.
    pub fn warn(self, text: impl Display) -> String {
        self.apply(Style::new().yellow(), text)
    }

    /// What to see first.
    pub fn strong(self, text: impl Display) -> String {
        self.apply(Style::new().bold(), text)
    }

    /// What only names other things.
    pub fn faint(self, text: impl Display) -> String {
        self.apply(Style::new().dim(), text)
    }

    /// A word in the color of a verdict.
    pub fn verdict(self, verdict: Verdict, word: impl Display) -> String {
        match verdict {
            Verdict::Measured => self.strong(word),
            Verdict::Pass => self.good(word),
            Verdict::Fail => self.bad(word),
            Verdict::Inconclusive => self.warn(word),
        }
    }

    fn apply(self, style: Style, text: impl Display) -> String {
        // Forced both ways: the library would read the environment itself.
        style.force_styling(self.on).apply_to(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paint_that_is_off_changes_nothing_and_paint_that_is_on_only_adds_codes() {
        assert_eq!(Paint::plain().bad("fail"), "fail");
        let painted = Paint::new(true).bad("fail");
        assert!(painted.starts_with("\u{1b}[") && painted.ends_with("\u{1b}[0m"), "{painted:?}");
        assert_eq!(console::strip_ansi_codes(&painted), "fail");
    }
}
