//! The known word that a misspelled one most likely means.

use std::borrow::Cow;

/// The nearest known word, if at most a third of its letters differ, and no more than three.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, candidate), candidate))
        .filter(|(distance, candidate)| {
            *distance <= (candidate.chars().count().max(word.chars().count()) / 3).clamp(1, 3)
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Help for an unknown word: the nearest known one, or all of them.
pub(crate) fn help(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", listed(known)),
    }
}

/// Words for a sentence: `a`, `b` and `c`.
pub(crate) fn listed<S: AsRef<str>>(words: &[S]) -> String {
    let quoted: Vec<Cow<'_, str>> =
        words.iter().map(|word| Cow::Owned(format!("`{}`", word.as_ref()))).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.to_string(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_understood_and_a_different_word_is_not() {
        let known = ["brokers", "controllers", "kafka", "timing"];
        assert_eq!(nearest("broker", known), Some("brokers"));
        assert_eq!(nearest("Timing", known), Some("timing"));
        assert_eq!(nearest("contorllers", known), Some("controllers"));
        assert_eq!(nearest("retention", known), None);
        assert_eq!(help("x", &known), "known here: `brokers`, `controllers`, `kafka` and `timing`");
        assert_eq!(help("kafak", &known), "did you mean `kafka`?");
    }
}
