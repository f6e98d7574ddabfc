//! `environment`, `env_file` and `labels`: names and values, as a list or a map; and the lines of
//! `.env`.

use super::Variables;
use super::interpolate::expand;
use super::read::Composing;
use crate::yaml::{Kind, Node, Place, Source};
use std::collections::BTreeMap;

/// Names and values with their places; a value may be missing.
pub(super) type Pairs = Vec<(String, Option<String>, Place)>;

impl Composing<'_> {
    /// `name=value` lines, or a map.
    pub(super) fn pairs(&mut self, node: &Node, name: &str) -> Pairs {
        match &node.kind {
            Kind::Null => Vec::new(),
            Kind::List(items) => items
                .iter()
                .filter_map(|item| {
                    let text = self.reader.scalar(item, name)?;
                    Some(match text.value.split_once('=') {
                        Some((key, value)) => (key.to_owned(), Some(value.to_owned()), text.place),
                        None => (text.value, None, text.place),
                    })
                })
                .collect(),
            Kind::Map(entries) => entries
                .iter()
                .filter_map(|entry| {
                    let value = match entry.value.kind {
                        Kind::Null => None,
                        _ => Some(self.reader.scalar(&entry.value, &entry.key.value)?.value),
                    };
                    Some((entry.key.value.clone(), value, entry.key.place))
                })
                .collect(),
            Kind::Scalar(_) => {
                let message = format!("`{name}` must be a list or a map, not {}", node.noun());
                self.reader.report(node.place, message, "write one `- NAME=VALUE` per line");
                Vec::new()
            }
        }
    }

    /// `environment`, which overrides `env_file`. A name without a value takes the caller's, if
    /// set, as in Compose.
    pub(super) fn environment(
        &mut self,
        service: &str,
        node: &Node,
        environment: &mut BTreeMap<String, String>,
    ) {
        for (name, value, place) in self.pairs(node, "environment") {
            if name.is_empty() || name.contains(['\0', '=']) {
                let help = "write one `- NAME=VALUE` per line";
                self.reader.report(place, format!("`{name}` names no variable"), help);
                continue;
            }
            let Some(value) = value.or_else(|| (self.variables)(&name)) else { continue };
            if value.contains('\0') {
                let message = format!("`{name}` cannot have a NUL character in its value");
                self.reader.report(place, message, "remove it");
                continue;
            }
            self.place(service, &name, place);
            environment.insert(name, value);
        }
    }

    /// `env_file`: files of `NAME=VALUE` lines; the last one wins.
    pub(super) fn env_file(&mut self, node: &Node, environment: &mut BTreeMap<String, String>) {
        if let Kind::Map(_) = node.kind {
            let message = "`env_file` must be a path or a list of paths, not a map";
            self.reader.report(node.place, message, "write `env_file: ./FILE`");
            return;
        }
        let items: Vec<&Node> = match &node.kind {
            Kind::List(items) => items.iter().collect(),
            _ => vec![node],
        };
        for item in items {
            let (path, required) = match &item.kind {
                Kind::Map(_) => match self.env_file_entry(item) {
                    Some(entry) => entry,
                    None => continue,
                },
                _ => match self.reader.scalar(item, "env_file") {
                    Some(path) => (path.value, true),
                    None => continue,
                },
            };
            let file = self.folder.join(&path);
            match std::fs::read_to_string(&file) {
                Ok(text) => match parse_lines(&path, &text, None) {
                    Ok(lines) => environment.extend(lines),
                    Err(mut problems) => self.reader.problems.append(&mut problems),
                },
                Err(error) if required => {
                    let message = format!("cannot read `env_file: {path}`: {error}");
                    let help = "the path is relative to the compose file's folder";
                    self.reader.report(item.place, message, help);
                }
                Err(_) => {}
            }
        }
    }

    fn env_file_entry(&mut self, node: &Node) -> Option<(String, bool)> {
        let (mut path, mut required) = (None, true);
        for entry in self.reader.map(node, "env_file", "") {
            match entry.key.value.as_str() {
                "path" => path = self.reader.scalar(&entry.value, "path").map(|at| at.value),
                "required" => required = self.boolean(&entry.value, "required").unwrap_or(true),
                _ => self.reader.unknown_key(&entry.key, "`env_file`", &["path", "required"]),
            }
        }
        if path.is_none() {
            self.reader.report(node.place, "this item has no `path`", "write `path: ./FILE`");
        }
        Some((path?, required))
    }
}

/// Parses the lines of an environment file: `NAME=VALUE`, quoted or not, `#` before comments. With
/// `outer` variables, `$NAME` in values is replaced, as in `.env`. Returns all malformed lines as
/// errors.
pub(super) fn parse_lines(
    name: &str,
    text: &str,
    outer: Option<Variables<'_>>,
) -> Result<BTreeMap<String, String>, Vec<crate::yaml::Diagnostic>> {
    let source = Source { name: name.to_owned(), text: text.to_owned(), arguments: Vec::new() };
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut problems = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let assignment = line.strip_prefix("export ").unwrap_or(line);
        let length = u32::try_from(line.chars().count()).unwrap_or(u32::MAX);
        let place = Place { argument: None, line: number, column: 1, length };
        let mut report = |message: String, help: String| {
            problems.push(source.problem(place, message).help(help));
        };
        let Some((key, value)) = assignment.split_once('=') else {
            report("this line has no `=`".to_owned(), "write `NAME=VALUE`".to_owned());
            continue;
        };
        let Some((value, literal)) = unquoted(value.trim()) else {
            report("a quote is not closed".to_owned(), "close it on the same line".to_owned());
            continue;
        };
        let value = match outer.filter(|_| !literal) {
            None => value,
            Some(outer) => {
                let known = |name: &str| outer(name).or_else(|| found.get(name).cloned());
                match expand(&value, &known) {
                    Ok(value) => value,
                    Err(problem) => {
                        report(problem.message, problem.help);
                        continue;
                    }
                }
            }
        };
        found.insert(key.trim().to_owned(), value);
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

/// A value without quotes and comment, and whether it was in single quotes. `None`: a quote is not
/// closed.
fn unquoted(value: &str) -> Option<(String, bool)> {
    if let Some(rest) = value.strip_prefix('\'') {
        return Some((rest[..rest.find('\'')?].to_owned(), true));
    }
    let Some(rest) = value.strip_prefix('"') else {
        let end = value.find(" #").unwrap_or(value.len());
        let value = if value.starts_with('#') { "" } else { &value[..end] };
        return Some((value.trim_end().to_owned(), false));
    };
    let mut result = String::new();
    let mut chars = rest.chars();
    loop {
        match chars.next()? {
            '"' => return Some((result, false)),
            '\\' => match chars.next()? {
                'n' => result.push('\n'),
                't' => result.push('\t'),
                c @ ('"' | '\\') => result.push(c),
                c => result.extend(['\\', c]),
            },
            c => result.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_an_environment_file() {
        let text = "# comment\n\nA=1\nexport B = two words  # said\nC=\"x\\ty #no\"\nD='$A'\nE=$A-${B}\nF=\nA=3\n";
        let outer = |name: &str| (name == "B").then(|| "outer".to_owned());
        let lines = parse_lines(".env", text, Some(&outer)).unwrap();
        let lines: Vec<String> = lines.iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(lines, ["A=3", "B=two words", "C=x\ty #no", "D=$A", "E=1-outer", "F="]);
        let kept = parse_lines("e", "A=$B\n", None).unwrap();
        assert_eq!(kept["A"], "$B");
    }

    #[test]
    fn broken_lines_are_told() {
        let problems = parse_lines(".env", "A=1\nB\nC='x\nD=$NO\n", Some(&|_| None)).unwrap_err();
        let told: Vec<_> = problems.iter().map(|p| (p.line, p.message.as_str())).collect();
        let expected =
            [(2, "this line has no `=`"), (3, "a quote is not closed"), (4, "`NO` has no value")];
        assert_eq!(told, expected);
    }
}
