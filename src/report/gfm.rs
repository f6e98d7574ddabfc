//! The user's text within GitHub's markdown: shown as it is, and never read as markup.

use super::lines::{in_one_line, printable, short};
use super::prose::{Span, spans};

/// The text in one line, truncated, for a paragraph or a list item.
///
/// Text between backticks is code, which has no structure. Elsewhere HTML and what ends a table's
/// cell become character references, which markdown never reads as structure; other special
/// characters get a backslash. An underscore within a word means nothing, and is common in names.
pub(super) fn inline(text: &str, characters_max: usize) -> String {
    let text = one_line(text, characters_max);
    let mut marker = list_marker(&text);
    let text: String = text.into_iter().collect();
    let markdown = spans(&text).into_iter().map(|span| match span {
        Span::Text(text) => safe(&text.chars().collect::<Vec<_>>(), marker.take()),
        Span::Code(code) => format!("`{code}`"),
    });
    markdown.collect()
}

/// The same for a table's cell, in which no list and no heading can begin.
pub(super) fn cell(text: &str, characters_max: usize) -> String {
    safe(&one_line(text, characters_max), None)
}

fn one_line(text: &str, characters_max: usize) -> Vec<char> {
    let text = printable(&in_one_line(text).replace('\t', " "));
    short(text.trim(), characters_max).chars().collect()
}

fn safe(text: &[char], marker: Option<usize>) -> String {
    let is_word =
        |i: Option<usize>| i.and_then(|i| text.get(i)).is_some_and(|c| c.is_alphanumeric());
    let mut safe = String::new();
    for (i, c) in text.iter().enumerate() {
        match c {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '|' => safe += "&#124;",
            '_' if is_word(i.checked_sub(1)) && is_word(Some(i + 1)) => safe.push('_'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' => safe.extend(['\\', *c]),
            _ if marker == Some(i) => safe.extend(['\\', *c]),
            _ => safe.push(*c),
        }
    }
    safe
}

/// The character that would make the text a heading, a list or a rule at the begin of a line.
fn list_marker(text: &[char]) -> Option<usize> {
    let digits = text.iter().take_while(|c| c.is_ascii_digit()).count();
    let marks: &[char] = if digits == 0 { &['#', '-', '+'] } else { &['.', ')'] };
    let mark = text.get(digits).filter(|c| marks.contains(c))?;
    let stands_alone = text.get(digits + 1).is_none_or(|next| next == mark || *next == ' ');
    stands_alone.then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_is_shown_as_it_is() {
        let cases = [
            ("process_stop leader", "process_stop leader"),
            ("_a_ *b* `c", "\\_a\\_ \\*b\\* \\`c"),
            ("- `a*b | <c>` | d", "\\- `a*b | <c>` &#124; d"),
            ("`lost: 0` is met", "`lost: 0` is met"),
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("a | b \\| c", "a &#124; b \\\\&#124; c"),
            ("[x](javascript:1) ![y](z)", "\\[x\\](javascript:1) !\\[y\\](z)"),
            ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
            ("a\n# b\r\n- c", "a; # b; - c"),
            ("no disk\n  help: make room", "no disk; help: make room"),
            ("# a", "\\# a"),
            ("## a", "\\## a"),
            ("- a", "\\- a"),
            ("---", "\\---"),
            ("1. a", "1\\. a"),
            ("12.4 s", "12.4 s"),
            ("-5", "-5"),
            ("990 messages", "990 messages"),
            ("   code", "code"),
            ("a\u{1b}[2J", "a\u{fffd}\\[2J"),
            ("~~a~~", "\\~\\~a\\~\\~"),
        ];
        for (text, expected) in cases {
            assert_eq!(inline(text, 100), expected, "{text:?}");
        }
        assert_eq!((inline("-", 9).as_str(), cell("-", 9).as_str()), ("\\-", "-"));
    }

    #[test]
    fn long_texts_are_cut_before_they_are_made_safe() {
        assert_eq!(inline("||||", 3), "&#124;&#124;…");
    }
}
