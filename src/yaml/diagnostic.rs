//! One problem of a scenario, [`Diagnostic`], and all problems found at once, [`Diagnostics`].

use serde::Serialize;
use std::fmt;

/// Longer lines are shown from near the problem on, so that they fit a terminal.
const SNIPPET_CHARS: usize = 120;

/// A problem: what is wrong, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The scenario's file, as the user named it.
    pub file: String,
    /// The wrong argument, if it is not the file: `--set producer.ack=1`.
    pub argument: Option<String>,
    /// From 1; 0 means the file as a whole.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// In characters.
    pub length: u32,
    /// The line's text.
    pub snippet: Option<String>,
    pub message: String,
    pub help: Option<String>,
}

impl Diagnostic {
    /// Adds what a person can do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn write_snippet(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(snippet) = &self.snippet else { return Ok(()) };
        let number = if self.argument.is_some() { String::new() } else { self.line.to_string() };
        let gutter = " ".repeat(number.len());
        let before = usize::try_from(self.column.saturating_sub(1)).unwrap_or(0);
        let skip = before.saturating_sub(SNIPPET_CHARS / 2);
        // A tab or a control character would move the caret away from what it marks.
        let shown: String = snippet
            .chars()
            .skip(skip)
            .take(SNIPPET_CHARS)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let shown = shown.trim_end();
        let offset = before - skip;
        let room = shown.chars().count().saturating_sub(offset).max(1);
        let carets = usize::try_from(self.length).unwrap_or(1).clamp(1, room);
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{number} | {shown}")?;
        writeln!(f, "{gutter} | {}{}", " ".repeat(offset), "^".repeat(carets))
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.message)?;
        match &self.argument {
            Some(argument) => writeln!(f, " --> {}, changed by {argument}", self.file)?,
            None if self.line == 0 => writeln!(f, " --> {}", self.file)?,
            None => writeln!(f, " --> {}:{}:{}", self.file, self.line, self.column)?,
        }
        self.write_snippet(f)?;
        if let Some(help) = &self.help {
            writeln!(f, "  = help: {help}")?;
        }
        Ok(())
    }
}

/// All problems, in the order of the file. Never empty as an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
pub struct Diagnostics {
    pub list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Sorts problems file by file and by place, arguments last, without repetitions.
    pub fn new(mut list: Vec<Diagnostic>) -> Self {
        let key = |d: &Diagnostic| {
            (d.argument.clone(), d.file.clone(), d.line, d.column, d.message.clone())
        };
        list.sort_by_cached_key(key);
        list.dedup();
        Diagnostics { list }
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, diagnostic) in self.list.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{diagnostic}")?;
        }
        Ok(())
    }
}
