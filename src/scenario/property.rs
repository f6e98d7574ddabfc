//! The properties of topics and producers: [`find`] returns a property's section, canonical name,
//! and form of values.

use super::section::{Form, MOST_RATE, Section};
use super::{keys, names};
use crate::yaml::suggest::nearest;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Property {
    /// Where it belongs.
    pub section: Section,
    /// The name that the plan uses.
    pub name: &'static str,
    pub form: Form,
}

/// The plan's name for a property, whichever of librdkafka's names was written.
pub(super) fn canonical(name: &str) -> &str {
    names::ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, used)| used)
}

/// The property of that name, wherever it belongs; a topic's first.
pub(super) fn find(name: &str) -> Option<Property> {
    let name = canonical(name);
    let in_any = |find: fn(Section, &str) -> Option<Property>| {
        Section::ALL.into_iter().find_map(|section| find(section, name))
    };
    in_any(direct).or_else(|| in_any(in_config))
}

/// The property of that name that is written directly under its section.
pub(super) fn direct(section: Section, name: &str) -> Option<Property> {
    let key = keys::find(section.keys(), name)?;
    Some(Property { section, name: key.name, form: key.is })
}

/// The property of that name that is written under its section's `config`.
pub(super) fn in_config(section: Section, name: &str) -> Option<Property> {
    let (list, form) = section.config();
    let name = list.iter().find(|known| **known == canonical(name))?;
    Some(Property { section, name, form })
}

/// The properties that are written directly under their sections.
pub(super) fn all_direct() -> Vec<&'static str> {
    Section::ALL.into_iter().flat_map(|section| keys::names(section.keys())).collect()
}

pub(super) fn all_in_config() -> impl Iterator<Item = &'static str> {
    Section::ALL.into_iter().flat_map(|section| section.config().0).copied()
}

/// The known property that a misspelled one most likely means, of topics and producers.
pub(super) fn nearest_of_all(name: &str) -> Option<&'static str> {
    nearest(name, all_direct().into_iter().chain(all_in_config()))
}

impl Property {
    /// Whether it is written directly under its section, not under `config`.
    pub fn is_direct(&self) -> bool {
        !matches!(self.form, Form::Text | Form::Client)
    }

    /// The value in the plan's spelling.
    ///
    /// # Errors
    /// What it must be instead, as a fragment that follows "must be".
    pub fn normalise(&self, text: &str) -> Result<String, String> {
        let text = text.trim();
        match self.form {
            Form::Count(least, most) => count(text, least, most).map(|number| number.to_string()),
            Form::Flag => match text.to_ascii_lowercase().as_str() {
                flag @ ("true" | "false") => Ok(flag.to_owned()),
                _ => Err("`true` or `false`".to_owned()),
            },
            Form::Acks => match text {
                "all" | "-1" => Ok("all".to_owned()),
                "0" | "1" => Ok(text.to_owned()),
                _ => Err("`0`, `1` or `all`".to_owned()),
            },
            Form::Rate if text == "max" => Ok(text.to_owned()),
            Form::Rate => {
                count(text, 1, MOST_RATE).map(|number| number.to_string()).map_err(|_| {
                    format!("`max`, or a whole number of messages per second from 1 to {MOST_RATE}")
                })
            }
            Form::Text if text.is_empty() => Err("a value".to_owned()),
            Form::Text => Ok(text.to_owned()),
            Form::Client => super::client_property::check(self.name, text),
        }
    }
}

/// A whole number between bounds.
///
/// # Errors
/// What it must be instead, as a fragment that follows "must be".
pub(super) fn count(text: &str, least: u64, most: u64) -> Result<u64, String> {
    let number = text.replace('_', "").parse::<u64>().ok();
    number.filter(|number| (least..=most).contains(number)).ok_or_else(|| match most {
        u64::MAX => format!("a whole number, {least} or more"),
        _ => format!("a whole number from {least} to {most}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_is_found_where_it_belongs_under_any_of_its_names() {
        assert_eq!(find("min.insync.replicas").map(|p| p.section), Some(Section::Topic));
        assert_eq!(find("retention.ms").map(|p| p.section), Some(Section::Topic));
        assert_eq!(find("compression.type").map(|p| p.section), Some(Section::Producer));
        assert_eq!(find("delivery.timeout.ms").map(|p| p.name), Some("message.timeout.ms"));
        assert_eq!(find("request.required.acks").map(|p| p.name), Some("acks"));
        assert_eq!(find("group.id"), None);
        assert_eq!(nearest_of_all("min.insync.replica"), Some("min.insync.replicas"));
    }

    #[test]
    fn acks_have_three_values_however_they_are_spelt() {
        let acks = find("acks").unwrap();
        for (text, expected) in [("all", "all"), ("-1", "all"), ("1", "1"), ("0", "0")] {
            assert_eq!(acks.normalise(text), Ok(expected.to_owned()));
        }
        assert_eq!(acks.normalise("2"), Err("`0`, `1` or `all`".to_owned()));
    }

    #[test]
    fn counts_keep_their_bounds() {
        let bytes = find("message.bytes").unwrap();
        assert_eq!(bytes.normalise("1_000"), Ok("1000".to_owned()));
        assert!(bytes.normalise("0").is_err());
        assert!(bytes.normalise("1000001").is_err());
        assert!(bytes.normalise("1e3").is_err());
        let rate = find("rate").unwrap();
        assert_eq!(rate.normalise("max"), Ok("max".to_owned()));
        assert!(rate.normalise("0").is_err());
    }
}
