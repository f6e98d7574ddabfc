//! Why a text is not YAML, in plain words: tabs, indentation, and the parser's own message
//! otherwise.

use super::place::Place;

/// A place, what is wrong there, and what to do, if that is more than writing YAML.
pub(super) type Broken = (Place, String, Option<String>);

/// The parser's messages that may mean wrong indentation.
const ABOUT_INDENTATION: &[&str] = &[
    "mapping values are not allowed",
    "did not find expected key",
    "did not find expected '-' indicator",
    "did not find expected <document start>",
    "simple key expected ':'",
];

/// Everything wrong with a text that the parser refuses at `place`, with message `said`.
pub(super) fn diagnose(text: &str, place: Place, said: &str) -> Vec<Broken> {
    if said.contains("found a tab") || said.contains("tabs disallowed") {
        let tabs = tabs(text);
        if !tabs.is_empty() {
            return tabs;
        }
    }
    if ABOUT_INDENTATION.iter().any(|words| said.contains(words)) {
        if let Some(broken) = indentation(text, place.line) {
            return vec![broken];
        }
        if said.contains("simple key") {
            let message = "this line has no `: ` between a key and its value".to_owned();
            let help = "write `key: value`, with a space after the colon".to_owned();
            return vec![(place, message, Some(help))];
        }
    }
    let (message, help) = in_words(text, place, said);
    vec![(place, message, help)]
}

/// Every line indented with a tab. Inside a block scalar (`|`, `>`) a tab is text.
fn tabs(text: &str) -> Vec<Broken> {
    let mut found = Vec::new();
    let mut block: Option<usize> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let indent = line.chars().take_while(|c| matches!(c, ' ' | '\t'));
        if line.trim().is_empty() || block.is_some_and(|key| indent_of(line) > key) {
            continue;
        }
        let opens = line.trim_end().trim_end_matches(['-', '+']).ends_with(['|', '>']);
        block = opens.then(|| indent_of(line));
        if let Some(at) = indent.into_iter().position(|c| c == '\t') {
            let column = u32::try_from(at + 1).unwrap_or(u32::MAX);
            let place = Place { argument: None, line: number, column, length: 1 };
            let message = "a tab indents this line, which YAML does not allow".to_owned();
            found.push((place, message, Some("indent with spaces".to_owned())));
        }
    }
    found
}

/// A place that opens keys or items: its indent, and whether it is a list.
#[derive(Clone, Copy, PartialEq)]
struct Level {
    indent: usize,
    is_list: bool,
}

/// What is wrong with a line's indentation, given the lines above it.
fn indentation(text: &str, number: u32) -> Option<Broken> {
    let index = usize::try_from(number.checked_sub(1)?).ok()?;
    let is_content = |line: &&str| {
        let start = line.trim_start();
        !start.is_empty() && !start.starts_with('#')
    };
    let mut levels: Vec<Level> = Vec::new();
    for line in text.lines().take(index).filter(is_content) {
        let mut indent = indent_of(line);
        let mut rest = line.trim_start();
        // A list may have the same indent as its own key.
        let is_key_of_list = |level: &Level| level.indent == indent && rest.starts_with("- ");
        levels.retain(|l| l.indent < indent || (!l.is_list && is_key_of_list(l)));
        while let Some(item) = rest.strip_prefix("- ") {
            levels.push(Level { indent, is_list: true });
            indent += 2 + indent_of(item);
            rest = item.trim_start();
        }
        levels.push(Level { indent, is_list: false });
    }
    let line = text.lines().nth(index).filter(is_content)?;
    let indent = indent_of(line);
    let is_item = line.trim_start().starts_with("- ");
    let fits = levels.iter().any(|level| level.indent == indent && level.is_list == is_item);
    if levels.is_empty() || fits {
        return None;
    }
    let known: Vec<String> = levels
        .iter()
        .filter(|level| level.is_list == is_item)
        .map(|level| level.indent.to_string())
        .collect();
    let spaces = |n: usize| if n == 1 { "1 space".to_owned() } else { format!("{n} spaces") };
    let what = if is_item { "an item" } else { "a key" };
    let message =
        format!("this line is indented by {}, which matches no open block", spaces(indent));
    let help = match known.as_slice() {
        [] => format!("no list is open here that {what} could belong to"),
        known => format!("{what} may be indented by {} here", known.join(" or ")),
    };
    let column = u32::try_from(indent + 1).unwrap_or(u32::MAX);
    let length = u32::try_from(line.trim().chars().count()).unwrap_or(u32::MAX);
    Some((Place { argument: None, line: number, column, length }, message, Some(help)))
}

fn indent_of(line: &str) -> usize {
    line.chars().take_while(|c| *c == ' ').count()
}

/// The parser's message, or a plainer one.
fn in_words(text: &str, place: Place, said: &str) -> (String, Option<String>) {
    let line = text.lines().nth(place.line.saturating_sub(1) as usize).unwrap_or_default();
    let rest: String = line.chars().skip(place.column.saturating_sub(1) as usize).collect();
    if said.contains("multiple YAML documents") {
        let message = "the file holds a second YAML document".to_owned();
        return (message, Some("put each document in its own file".to_owned()));
    }
    if rest.starts_with(['>', '|', '@', '`', '%', '*', '&', '!']) {
        let value = rest.trim().replace('"', "\\\"");
        let message = format!("this is not valid YAML: {said}");
        return (message, Some(format!("write the value in quotes: `\"{value}\"`")));
    }
    if said.contains("mapping values are not allowed") {
        let message = "this is not valid YAML: a second `: ` in one line".to_owned();
        return (message, Some("write the value in quotes, or begin a new line".to_owned()));
    }
    let is_flow = said.contains("flow") || said.contains("illegal placement of ':'");
    let help = is_flow.then(|| "close every `[` and `{` above, with commas inside".to_owned());
    (format!("this is not valid YAML: {said}"), help)
}
