//! Sentences with a scenario's own words, `` `lost: 0` is met ``: those words are between backticks
//! on a terminal, and code where there is markup.

use super::lines::{in_one_line, printable};

/// A part of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span<'a> {
    /// Plain text.
    Text(&'a str),
    /// What was between backticks.
    Code(&'a str),
}

/// The parts of a sentence. A backtick beside another, or without a partner, is text.
pub(super) fn spans(text: &str) -> Vec<Span<'_>> {
    let mut spans = Vec::new();
    let mut rest = text;
    // Where the search for the next mark continues.
    let mut from = 0;
    while let Some(open) = rest[from..].find('`').map(|at| from + at) {
        let code = rest[open + 1..].split('`').next().unwrap_or_default();
        let close = open + 1 + code.len();
        let run = rest[open..].len() - rest[open..].trim_start_matches('`').len();
        let is_single = run == 1 && !rest[..open].ends_with('`');
        let is_closed = rest[close..].starts_with('`') && !rest[close..].starts_with("``");
        if !is_single || !is_closed || code.trim().is_empty() {
            from = open + run;
            continue;
        }
        if open > 0 {
            spans.push(Span::Text(&rest[..open]));
        }
        spans.push(Span::Code(code));
        (rest, from) = (&rest[close + 1..], 0);
    }
    if !rest.is_empty() {
        spans.push(Span::Text(rest));
    }
    spans
}

/// A sentence for a template, made safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prose(String);

impl Prose {
    /// From raw text, in one line.
    pub(super) fn new(text: impl AsRef<str>) -> Self {
        Prose(printable(&in_one_line(text.as_ref())))
    }

    /// Its parts, each with whether it is code, in pieces between which a line may be broken.
    pub(super) fn parts(&self) -> Vec<(bool, Vec<&str>)> {
        let part = |span| match span {
            Span::Text(text) => (false, pieces(text)),
            Span::Code(text) => (true, pieces(text)),
        };
        spans(&self.0).into_iter().map(part).collect()
    }
}

/// Pieces of a text: long names of properties and cells have no spaces, and may be broken after
/// their dots and commas, but figures may not.
pub(super) fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some(at) = rest[from..].find(['.', ',']).map(|at| from + at + 1) {
        from = at;
        if rest[at..].starts_with(char::is_alphabetic) {
            pieces.push(&rest[..at]);
            (rest, from) = (&rest[at..], 0);
        }
    }
    pieces.push(rest);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_two_backticks_is_code() {
        let met = [Span::Code("lost: 0"), Span::Text(" is met")];
        assert_eq!(spans("`lost: 0` is met"), met);
        let two = [Span::Text("a "), Span::Code("b"), Span::Text(" "), Span::Code("c")];
        assert_eq!(spans("a `b` `c`"), two);
        assert_eq!(spans(""), []);
    }

    #[test]
    fn a_backtick_that_means_nothing_is_text() {
        for text in ["it`s", "``", "` `", "```sh", "``a``", "a` b"] {
            assert_eq!(spans(text), [Span::Text(text)], "{text}");
        }
        let parts = [Span::Text("``` "), Span::Code("a"), Span::Text("`")];
        assert_eq!(spans("``` `a``"), [Span::Text("``` `a``")]);
        assert_eq!(spans("``` `a` `"), [parts[0], parts[1], Span::Text(" `")]);
    }

    #[test]
    fn names_are_broken_behind_dots_and_commas_and_figures_are_not() {
        let name = ["cell min.", "insync.", "replicas=1,", "acks=0: 12.4 s, 1,5."];
        assert_eq!(pieces(&name.concat()), name);
        assert_eq!(pieces(""), [""]);
    }
}
