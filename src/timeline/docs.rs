//! The text about faults in docs/scenarios.md and the JSON Schema, generated from the list.

use super::{FaultKind, KINDS, own_keys};

const ABOUT_AT: &str =
    "when it begins, counted from the moment when every partition has its first acknowledgement";

fn about_for() -> String {
    let most = |kind: &&FaultKind| Some(format!("`{}` {} s", kind.name, kind.most_ms? / 1000));
    let by_themselves: Vec<String> = KINDS.iter().filter_map(most).collect();
    format!(
        "how long until it is healed, more than 0. Of what ends by itself: how long it may take; \
         without it {}",
        by_themselves.join(", ")
    )
}

/// Every key of a fault except the name: its text, and its default.
pub fn keys() -> Vec<(&'static str, String, Option<&'static str>)> {
    let shared = [("at", ABOUT_AT.to_owned(), None), ("for", about_for(), None)];
    let own = own_keys().map(|key| (key.name, key.about.to_owned(), key.default));
    shared.into_iter().chain(own).collect()
}

/// An editor's text for a fault's name.
pub fn about(kind: &FaultKind) -> String {
    let healed = kind.healed_by.map_or(String::new(), |how| format!("; healed by {how}"));
    format!("{} Its value: {}.", sentence(&format!("{}{healed}", kind.does)), kind.form.words)
}

/// Turns a table's text into a sentence.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

pub fn keys_table() -> String {
    let mut table = "| key | default | meaning |\n|---|---|---|\n".to_owned();
    for (name, about, default) in keys() {
        let default = default.map_or(String::new(), |word| format!(" `{word}`"));
        table += &format!("| `{name}` |{default} | {about} |\n");
    }
    table
}

pub fn faults_table() -> String {
    let mut table = "| fault | does | healed by |\n|---|---|---|\n".to_owned();
    for kind in KINDS {
        let healed = kind.healed_by.map_or(String::new(), |how| format!("{how} "));
        let FaultKind { name, form, does, .. } = kind;
        table += &format!("| `{name}: {}` | {does} | {healed}|\n", form.placeholder);
    }
    table
}

/// A timeline with every fault.
pub fn example() -> String {
    let item = |item: &&str| format!("  - {}\n", item.replace('\n', "\n    "));
    let items: String = KINDS.iter().flat_map(|kind| kind.examples).map(item).collect();
    format!("faults:\n{items}")
}
