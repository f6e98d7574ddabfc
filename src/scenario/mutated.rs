//! Randomly broken scenarios, for tests of what reads them.

/// Scenarios to begin with.
pub(crate) const SHIPPED: &[&str] = &[
    include_str!("../../scenarios/minisr2.yaml"),
    include_str!("../../scenarios/acks1-leader-loss.yaml"),
    include_str!("../../scenarios/retry-duplicates.yaml"),
    include_str!("../../scenarios/matrix.yaml"),
];

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
    "*a",
    "&a ",
    "<<: ",
    "|\n",
    ">\n",
    "#",
    "\"",
    "'",
    "~",
    "!!int ",
    "!!binary ",
    "---\n",
    "\t",
    "\u{feff}",
    "é",
    "\0",
    "0x",
    ".nan",
    "-1",
    "1e999",
    "..",
    "99999999999999999999",
    "1 session",
    "broker:9",
    "all",
    "null",
    "expect: {}",
    "matrix: [1]",
    "  cluster.kafka: [3.8.1, 4.4.0]\n",
    "  cluster.brokers: [2, 3]\n",
    "  faults: {a: [], b: [{exec: x, at: 1s}]}\n",
    ",",
    "=",
    "cluster.config.",
];

/// One change to the text: at this share of its length, remove some characters and insert a
/// fragment.
pub(crate) type Change = (f64, usize, usize);

pub(crate) fn mutated(text: &str, changes: &[Change]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for (share, removed, piece) in changes {
        let at = (share * chars.len() as f64) as usize;
        let end = (at + removed).min(chars.len());
        chars.splice(at.min(end)..end, PIECES[piece % PIECES.len()].chars());
    }
    chars.into_iter().collect()
}
