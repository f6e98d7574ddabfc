//! No text makes reading a compose file, or looking for Kafka in it, panic.

use super::{documents_with_image, try_read};
use crate::compose;
use proptest::prelude::*;

const APACHE: &str = include_str!("../../../tests/compose/apache.yml");

/// Fragments that turn one kind of value into another.
const PIECES: &[&str] = &[
    ": ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "\n",
    "  ",
    "*kafka",
    "&a ",
    "<<: ",
    "|\n",
    "#",
    "\"",
    "'",
    "~",
    "!!int ",
    "$",
    "${",
    "${A",
    "${A:-",
    "$$",
    ":-}",
    "\0",
    "é",
    "\u{feff}",
    "-1",
    "0",
    "65536:1",
    "::",
    "://",
    ",",
    "=",
    "null",
    "/",
    "..",
    "external: true",
    "\\",
];

fn mutated(text: &str, changes: &[(f64, usize, usize)]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for (share, removed, piece) in changes {
        let at = ((share * chars.len() as f64) as usize).min(chars.len());
        let end = (at + removed).min(chars.len());
        chars.splice(at..end, PIECES[piece % PIECES.len()].chars());
    }
    chars.into_iter().collect()
}

/// Reads, looks for Kafka, moves ports and writes; what was valid must read again.
fn exercise(text: &str) {
    let Ok(compose) = try_read(text) else { return };
    let again = compose.to_yaml().expect("it can be written");
    let read_again = try_read(&again).unwrap_or_else(|problems| panic!("{again}\n{problems}"));
    assert_eq!(read_again.services, compose.services, "{again}");
    let Ok(mut cluster) = compose::kafka(&compose, None) else { return };
    cluster.heap(256);
    let _ = cluster.move_ports(21_000);
    cluster.to_yaml().expect("it can be written");
}

proptest! {
    #[test]
    fn any_text(text in "\\PC{0,200}") {
        exercise(&text);
    }

    #[test]
    fn any_change_of_a_sound_file(
        apache: bool,
        changes in prop::collection::vec((0.0..1.0_f64, 0..12_usize, 0..1000_usize), 1..6),
    ) {
        let document = documents_with_image();
        exercise(&mutated(if apache { APACHE } else { &document }, &changes));
    }
}
