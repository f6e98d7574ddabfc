//! The YAML tree with places: a [`Node`] is read by `serde-saphyr` as it stands, without knowing
//! what a scenario is, so that the readers can collect all problems and `--set` can change it.

use super::diagnostic::Diagnostic;
use super::place::{At, Place, Source};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Location, Spanned};
use std::fmt;

/// A scenario is written by hand; whatever is larger is not one.
const MOST_BYTES: usize = 1 << 20;

/// A value of the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it begins.
    pub place: Place,
}

/// What a value of the tree is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Nothing was written.
    Null,
    /// A word, number or text, as it was written.
    Scalar(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file.
    Map(Vec<Entry>),
}

/// One key of a map and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: At<String>,
    /// The value.
    pub value: Node,
}

impl Node {
    /// Reads the file's text.
    ///
    /// # Errors
    /// The first place where the text is no YAML, names a key twice, or is too large.
    pub fn parse(source: &Source) -> Result<Node, Box<Diagnostic>> {
        Node::parse_text(&source.text).map_err(|(place, message)| {
            let problem = source.problem(place, message);
            Box::new(
                problem.help("the file must be one YAML map; docs/scenarios.md shows its form"),
            )
        })
    }

    /// Reads a piece of YAML.
    ///
    /// # Errors
    /// Where and why it cannot be read.
    pub fn parse_text(text: &str) -> Result<Node, (Place, String)> {
        if text.len() > MOST_BYTES {
            return Err((Place::START, format!("the file is larger than {MOST_BYTES} bytes")));
        }
        let options = serde_saphyr::options! {
            duplicate_keys: DuplicateKeyPolicy::Error,
            non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
            strict_booleans: true,
            with_snippet: false,
        };
        match serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options) {
            Ok(raw) => Ok(placed(raw, text)),
            Err(error) => {
                let place = error.location().map_or(Place::START, |at| place_of(at, 1));
                Err((place, message(&error)))
            }
        }
    }

    /// What it is, for messages: a list, a map, a value.
    pub fn noun(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Scalar(_) => "a single value",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        }
    }
}

/// The parser's message without the place, which is told beside it.
fn message(error: &serde_saphyr::Error) -> String {
    if let serde_saphyr::Error::DuplicateMappingKey { key: Some(key), .. } = error.without_snippet()
    {
        return format!("`{key}` is written twice");
    }
    let text = error.without_snippet().to_string();
    let text = text.lines().next().unwrap_or("cannot be read").trim_end();
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let text = match (text.rfind(" at line "), text.strip_prefix("line ")) {
        (Some(end), _) => &text[..end],
        (None, Some(rest)) => rest.split_once(": ").map_or(text, |(_, said)| said),
        (None, None) => text,
    };
    format!("this is no valid YAML: {text}")
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

/// The tree as the parser gives it, with spans instead of places.
enum Raw {
    Null,
    Text(String),
    /// A number or a boolean in the parser's spelling; the file's own is preferred (`4.0`, `1_0`).
    Literal(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

/// The text of a stretch of the file.
fn written(at: Location, text: &str) -> Option<&str> {
    let (start, length) = at.span().byte_offset().zip(at.span().byte_len())?;
    let start = usize::try_from(start).ok()?;
    text.get(start..start.checked_add(usize::try_from(length).ok()?)?)
}

/// A value stands where it is used, which is the alias when it came by one; its own spelling
/// is where it was defined.
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
        while let Some((key, value)) = map.next_entry::<Spanned<String>, Spanned<Raw>>()? {
            // The parser compares keys as YAML does (`1` is not `"1"`); to Kafka they are one.
            if entries.iter().any(|(known, _)| known.value == key.value) {
                return Err(A::Error::custom(format!("`{}` is written twice", key.value)));
            }
            entries.push((key, value));
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

    #[test]
    fn broken_yaml_is_told_with_its_place() {
        let (place, message) = Node::parse_text("a: 1\nb: [1, 2\nc: 3\n").unwrap_err();
        assert!(place.line >= 2, "{place:?} {message}");
        assert!(message.starts_with("this is no valid YAML: "), "{message}");
        let (place, message) = Node::parse_text("a: 1\nb: 2\na: 3\n").unwrap_err();
        assert_eq!((place.line, place.column), (3, 1));
        assert_eq!(message, "`a` is written twice");
    }
}
