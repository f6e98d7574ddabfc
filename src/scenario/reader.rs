//! What a scenario's readers add to [`Reader`]: properties, and the words that ask for what does
//! not exist.

use super::property::Property;
use super::types::{Setting, Settings};
use super::{java, not_yet};
use crate::yaml::{At, Entry, Foreign, Reader};

/// These words ask for something unsupported, or only the Java producer knows them.
pub(crate) const FOREIGN: &Foreign = &Foreign { instead: not_yet::instead, told };

fn told(word: &str) -> Option<(String, &'static str)> {
    if let Some(found) = not_yet::find(word) {
        return Some((found.message(word), found.instead));
    }
    let told = java::counterpart(word)?;
    Some((format!("`{word}` exists only in the Java producer"), told))
}

impl Reader {
    /// The value of a known property in the plan's spelling.
    pub fn value(
        &mut self,
        property: &Property,
        text: &At<String>,
        name: &str,
    ) -> Option<At<String>> {
        match property.normalise(&text.value) {
            Ok(value) => Some(At::new(value, text.place)),
            Err(expected) => {
                let message = format!("`{name}` cannot be `{}`", text.value);
                self.report(text.place, message, format!("it must be {expected}"));
                None
            }
        }
    }

    /// Adds a known property to its section's settings, or marks it as broken.
    pub fn set(&mut self, settings: &mut Settings, property: &Property, entry: &Entry) {
        let text = self.scalar(&entry.value, &entry.key.value);
        let value = text.and_then(|text| self.value(property, &text, &entry.key.value));
        let Some(value) = value else {
            self.break_off(property.name);
            return;
        };
        let setting = Setting { name: entry.key.clone(), value };
        if let Some(first) = settings.get(property.name) {
            let message = format!(
                "`{}` and `{}` are the same property, set twice",
                first.name.value, entry.key.value
            );
            self.report(entry.key.place, message, "keep one of them");
        } else {
            settings.insert(property.name.to_owned(), setting);
        }
    }
}
