//! From a text to its [`Node`]: `serde-saphyr` parses it, and [`broken`] explains what it cannot.

use super::broken::{self, Broken};
use super::{At, Diagnostics, Entry, Kind, Node, Place, Source};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Location, Spanned};
use std::fmt;

/// Scenarios are written by hand; a larger file is something else.
pub(crate) const MOST_BYTES: usize = 1 << 20;

impl Node {
    /// Parses the file's text; `form` describes the expected form.
    ///
    /// # Errors
    /// The text is not YAML, repeats keys, or is too large.
    pub fn parse(source: &Source, form: &str) -> Result<Node, Diagnostics> {
        Node::parse_text(&source.text).map_err(|broken| {
            let problem = |(place, message, help): Broken| {
                source.problem(place, message).help(help.unwrap_or_else(|| form.to_owned()))
            };
            Diagnostics::new(broken.into_iter().map(problem).collect())
        })
    }

    /// Parses a piece of YAML. Errors are never empty.
    pub fn parse_text(text: &str) -> Result<Node, Vec<Broken>> {
        if text.len() > MOST_BYTES {
            let message = format!("the file is larger than {MOST_BYTES} bytes");
            return Err(vec![(Place::START, message, None)]);
        }
        let options = serde_saphyr::options! {
            // Reported below, all of them.
            duplicate_keys: DuplicateKeyPolicy::PassThrough,
            non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
            strict_booleans: true,
            with_snippet: false,
        };
        match serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options) {
            Ok(raw) => {
                let node = placed(raw, text);
                let mut twice = Vec::new();
                node.written_twice(&mut twice);
                if twice.is_empty() { Ok(node) } else { Err(twice) }
            }
            Err(error) => {
                let place = error.location().map_or(Place::START, |at| place_of(at, 1));
                Err(broken::diagnose(text, place, &said(&error)))
            }
        }
    }
}

/// The parser's message without the place, which is reported beside it.
fn said(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let text = text.lines().next().unwrap_or("cannot be read").trim_end();
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let text = match (text.rfind(" at line "), text.strip_prefix("line ")) {
        (Some(end), _) => &text[..end],
        (None, Some(rest)) => rest.split_once(": ").map_or(text, |(_, said)| said),
        (None, None) => text,
    };
    text.to_owned()
}

fn place_of(at: Location, length: u32) -> Place {
    let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    Place {
        argument: None,
        line: small(at.line()).max(1),
        column: small(at.column()).max(1),
        length,
    }
}

/// The parser's tree, with spans instead of places.
enum Raw {
    Null,
    Text(String),
    /// A number or a boolean in the parser's spelling; the file's own is preferred (`4.0`, `1_0`).
    Literal(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

/// The text of a span of the file.
fn written(at: Location, text: &str) -> Option<&str> {
    let (start, length) = at.span().byte_offset().zip(at.span().byte_len())?;
    let start = usize::try_from(start).ok()?;
    text.get(start..start.checked_add(usize::try_from(length).ok()?)?)
}

/// A value's place is where it is used, for an alias too; its spelling is where it was defined.
fn placed(raw: Spanned<Raw>, text: &str) -> Node {
    let at = raw.referenced;
    let first_line = written(at, text).and_then(|written| written.lines().next()).unwrap_or("");
    let length = u32::try_from(first_line.trim_end().chars().count().max(1)).unwrap_or(1);
    let kind = match raw.value {
        Raw::Null => Kind::Null,
        Raw::Text(text) => Kind::Scalar(text),
        Raw::Literal(spelt) => Kind::Scalar(match written(raw.defined, text).map(str::trim) {
            Some(own) if is_plain(own) => own.to_owned(),
            _ => spelt,
        }),
        Raw::List(items) => Kind::List(items.into_iter().map(|item| placed(item, text)).collect()),
        Raw::Map(entries) => Kind::Map(
            entries
                .into_iter()
                .map(|(key, value)| {
                    let length = u32::try_from(key.value.chars().count()).unwrap_or(1);
                    Entry {
                        key: At::new(key.value, place_of(key.referenced, length.max(1))),
                        value: placed(value, text),
                    }
                })
                .collect(),
        ),
    };
    Node { kind, place: place_of(at, length) }
}

fn is_plain(written: &str) -> bool {
    !written.is_empty()
        && written.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_'))
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value, a list or a map")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Literal(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Literal(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Literal(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Literal(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        Ok(Raw::Literal(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Literal(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Text(value))
    }

    fn visit_bytes<E: serde::de::Error>(self, _: &[u8]) -> Result<Raw, E> {
        Err(E::custom("binary data has no place here"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries: Vec<(Spanned<String>, Spanned<Raw>)> = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry<'n>(node: &'n Node, key: &str) -> &'n Entry {
        let Kind::Map(entries) = &node.kind else { panic!("a map") };
        entries.iter().find(|entry| entry.key.value == key).expect("the key is there")
    }

    #[test]
    fn places_count_from_one_and_scalars_keep_their_spelling() {
        let text = "a: 4.0\nb:\n  c: [x, \"1\"]\n  d: true\ne:\n";
        let node = Node::parse_text(text).unwrap();
        let a = entry(&node, "a");
        assert_eq!(a.key.place, Place { argument: None, line: 1, column: 1, length: 1 });
        assert_eq!(a.value.kind, Kind::Scalar("4.0".into()));
        assert_eq!(a.value.place, Place { argument: None, line: 1, column: 4, length: 3 });
        let b = &entry(&node, "b").value;
        let Kind::List(items) = &entry(b, "c").value.kind else { panic!("a list") };
        assert_eq!(items[1].kind, Kind::Scalar("1".into()));
        assert_eq!((items[1].place.line, items[1].place.column), (3, 10));
        assert_eq!(entry(b, "d").value.kind, Kind::Scalar("true".into()));
        assert_eq!(entry(&node, "e").value.kind, Kind::Null);
    }

    #[test]
    fn merged_values_stand_at_their_alias_and_keep_their_spelling() {
        let text = "x: &x {a: 1.10, b: 2}\ny:\n  <<: *x\n  b: yes\n";
        let node = Node::parse_text(text).unwrap();
        let y = &entry(&node, "y").value;
        assert_eq!(entry(y, "a").value.kind, Kind::Scalar("1.10".into()));
        assert_eq!(entry(y, "a").value.place.line, 3);
        assert_eq!(entry(y, "b").value.kind, Kind::Scalar("yes".into()));
        assert_eq!(entry(y, "b").value.place.line, 4);
    }

    /// `line:column message (help)` of all problems.
    fn wrong(text: &str) -> Vec<String> {
        let told = |(place, message, help): Broken| {
            format!("{}:{} {message} ({})", place.line, place.column, help.unwrap_or_default())
        };
        Node::parse_text(text).unwrap_err().into_iter().map(told).collect()
    }

    #[test]
    fn every_key_that_is_written_twice_is_told_in_maps_of_every_kind() {
        assert_eq!(
            wrong("a: 1\nb: {c: 1, d: [{e: 1, \"e\": 2}], c: 2}\na: 3\nf:\n  1: x\n  '1': y\n"),
            [
                "2:22 `e` is written twice (first written on line 2)",
                "2:32 `c` is written twice (first written on line 2)",
                "3:1 `a` is written twice (first written on line 1)",
                "6:3 `1` is written twice (first written on line 5)",
            ]
        );
    }

    #[test]
    fn every_tab_that_indents_is_told_where_it_stands() {
        let line = "a tab indents this line, which YAML does not allow (indent with spaces)";
        assert_eq!(wrong("a:\n\tb: 1\n"), [format!("2:1 {line}")]);
        let text = "e: |\n  a\n  \tb\na:\n\tb: 1\n";
        assert_eq!(wrong(text), [format!("5:1 {line}")], "a tab within a block is text");
        let both = [format!("3:1 {line}"), format!("4:3 {line}")];
        assert_eq!(wrong("a:\n  b: 1\n\tc: 2\n  \td: 2\n"), both);
    }

    #[test]
    fn a_line_that_is_indented_wrongly_is_told_with_where_it_could_stand() {
        for (text, expected) in [
            (
                "a: 1\nb:\n  c: 1\n   d: 2\n",
                "4:4 this line is indented by 3 spaces, which matches no open block (a key may be indented by 0 or 2 here)",
            ),
            (
                "a:\n   b: 1\n  c: 2\n",
                "3:3 this line is indented by 2 spaces, which matches no open block (a key may be indented by 0 or 3 here)",
            ),
            (
                "f:\n  - k: 1\n   at: 1\n",
                "3:4 this line is indented by 3 spaces, which matches no open block (a key may be indented by 0 or 4 here)",
            ),
            (
                "f:\n  - k: 1\n     at: 1\n",
                "3:6 this line is indented by 5 spaces, which matches no open block (a key may be indented by 0 or 4 here)",
            ),
            (
                "f:\n  - k: 1\n  at: 1\n",
                "3:3 this line is indented by 2 spaces, which matches no open block (a key may be indented by 0 or 4 here)",
            ),
            (
                "f:\n- k: 1\n at: 1\n",
                "3:2 this line is indented by 1 space, which matches no open block (a key may be indented by 0 or 2 here)",
            ),
            (
                " a: 1\nb: 2\n",
                "2:1 this line is indented by 0 spaces, which matches no open block (a key may be indented by 1 here)",
            ),
            (
                "a: 1\n b: 2\n",
                "2:2 this line is indented by 1 space, which matches no open block (a key may be indented by 0 here)",
            ),
        ] {
            assert_eq!(wrong(text), [expected], "{text}");
        }
    }

    #[test]
    fn other_broken_yaml_is_told_with_its_place_and_what_to_do() {
        for (text, expected) in [
            (
                "a: 1\nb: [1, 2\nc: 3\n",
                "3:2 this is not valid YAML: illegal placement of ':' indicator (close every `[`",
            ),
            (
                "a: b: c\n",
                "1:5 this is not valid YAML: a second `: ` in one line (write the value in quotes, or begin a new line)",
            ),
            (
                "a: 1\nb 2\n",
                "2:1 this line has no `: ` between a key and its value (write `key: value`, with a space after the colon)",
            ),
            ("a: >= 1\n", "(write the value in quotes: `\">= 1\"`)"),
            (
                "a: @b\n",
                "1:4 this is not valid YAML: unexpected character: `@' (write the value in quotes: `\"@b\"`)",
            ),
            (
                "a: 1\n---\nb: 1\n",
                "3:1 the file holds a second YAML document (put each document in its own file)",
            ),
            ("a: \"b\n", "1:4 this is not valid YAML: unclosed quote ()"),
        ] {
            let wrong = wrong(text);
            assert!(wrong.len() == 1 && wrong[0].contains(expected), "{text}: {wrong:?}");
        }
    }
}
