//! Many cells or plans with the same note: named in a word, so that a matrix of hundreds takes a
//! few lines.

/// Name and value of each axis, outer axes first.
pub(super) type Values = Vec<(String, String)>;

/// `acks=1,linger.ms=0`.
pub(super) fn joined(values: &[(String, String)]) -> String {
    let pair = |(name, value): &(String, String)| {
        let mut text = format!("{name}={value}");
        text.retain(|c| !c.is_control());
        text
    };
    values.iter().map(pair).collect::<Vec<_>>().join(",")
}

/// Groups notes with the same text, in the order of their first occurrence. A single subject is
/// named in full (`cell acks=1`), several by their shared values (`6 cells with acks=1`).
pub(super) fn summed(noun: &str, said: Vec<(Values, String)>) -> Vec<(Subject, String)> {
    let mut groups: Vec<(String, Vec<Values>)> = Vec::new();
    for (values, text) in said {
        match groups.iter_mut().find(|(known, _)| *known == text) {
            Some((_, members)) => members.push(values),
            None => groups.push((text, vec![values])),
        }
    }
    let subject = |members: Vec<Values>| {
        let first = members.first().cloned().unwrap_or_default();
        let shared = first.into_iter().filter(|pair| members.iter().all(|m| m.contains(pair)));
        let shared = joined(&shared.collect::<Values>());
        let words = match (members.len(), shared.is_empty()) {
            (1, true) => format!("{noun} main"),
            (1, false) => format!("{noun} {shared}"),
            (count, true) => format!("{count} {noun}s"),
            (count, false) => format!("{count} {noun}s with {shared}"),
        };
        Subject { words, is_plural: members.len() > 1 }
    };
    groups.into_iter().map(|(text, members)| (subject(members), text)).collect()
}

/// The subject of a note.
pub(super) struct Subject {
    /// In words.
    pub words: String,
    is_plural: bool,
}

impl Subject {
    /// That they are left out, and why.
    pub(super) fn left_out(&self, reason: &str) -> String {
        let verb = if self.is_plural { "are" } else { "is" };
        format!("{} {verb} left out: {}", self.words, reason.replace('`', ""))
    }
}
