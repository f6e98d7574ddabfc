//! The messages byte by byte, and the parsed answers.

use super::rule::{TCP_DESTINATION, drop_rule};
use super::*;
use std::net::Ipv4Addr;

fn hex(bytes: &[u8]) -> String {
    let words: Vec<String> =
        bytes.chunks(4).map(|word| word.iter().map(|b| format!("{b:02x}")).collect()).collect();
    words.join(" ")
}

#[test]
#[cfg(target_endian = "little")]
fn removing_a_table_is_these_bytes() {
    let expected = "14000000 10000100 01000000 00000000 0000000a \
                    20000000 020a0500 02000000 00000000 02000000 \
                    0c000100 6368616f 735f6600 \
                    14000000 11000100 03000000 00000000 0000000a";
    assert_eq!(hex(&remove("f").encode(1)), expected);
}

#[test]
#[cfg(target_endian = "little")]
fn a_rule_with_a_port_is_these_bytes() {
    let rule = DropRule {
        hook: Hook::Forward,
        src: Some(Ipv4Addr::new(10, 88, 0, 11)),
        dst: Some(Ipv4Addr::new(10, 88, 0, 12)),
        port: Some(9093),
    };
    let mut batch = Batch::new();
    drop_rule(&mut batch, "f", 3, &rule, Some((TCP_DESTINATION, 9093)));
    let payload = |base: &str, offset: &str, length: &str| {
        format!(
            "34000180 0c000100 7061796c 6f616400 24000280 08000100 00000001 \
             08000200 {base} 08000300 {offset} 08000400 {length}"
        )
    };
    let compare = |value: &str| {
        format!(
            "2c000180 08000100 636d7000 20000280 08000100 00000001 08000200 00000000 \
             0c000380 {value}"
        )
    };
    let expected = [
        "20020000 060a010c 05000000 00000000 02000000".to_owned(),
        "0c000100 6368616f 735f6600 0c000200 666f7277 61726400 e0010480".to_owned(),
        payload("00000001", "0000000c", "00000004"),
        compare("08000100 0a58000b"),
        payload("00000001", "00000010", "00000004"),
        compare("08000100 0a58000c"),
        payload("00000001", "00000009", "00000001"),
        compare("05000100 06000000"),
        payload("00000002", "00000002", "00000002"),
        compare("06000100 23850000"),
        "2c000180 0c000100 636f756e 74657200 1c000280".to_owned(),
        "0c000100 00000000 00000000 0c000200 00000000 00000000".to_owned(),
        "30000180 0e000100 696d6d65 64696174 65000000 1c000280 08000100 00000000".to_owned(),
        "10000280 0c000280 08000100 00000000".to_owned(),
        "13000700 000d6368 616f7320 72756c65 20330000".to_owned(),
    ]
    .join(" ");
    assert_eq!(hex(&batch.encode(5)), expected);
}

fn rule(hook: Hook, src: Option<u8>, dst: Option<u8>, port: Option<u16>) -> DropRule {
    let address = |last: u8| Ipv4Addr::new(10, 0, 0, last);
    DropRule { hook, src: src.map(address), dst: dst.map(address), port }
}

/// How many bytes the rules add to a table's transaction.
fn bytes(rules: &[DropRule]) -> usize {
    let length = |rules| install(Bound::ToNothing, "f", rules).encode(0).len();
    length(rules) - length(&[])
}

#[test]
fn a_port_makes_two_rules_of_one() {
    let plain = rule(Hook::Input, Some(1), Some(2), None);
    let by_port = DropRule { port: Some(1), ..plain };
    let mut one = Batch::new();
    drop_rule(&mut one, "f", 0, &by_port, Some((TCP_SOURCE, 1)));
    let one = one.encode(0).len();
    assert_eq!(bytes(&[by_port, by_port]) - bytes(&[by_port]), 2 * one);
    assert!(bytes(&[plain, plain]) - bytes(&[plain]) < one);
}

#[test]
fn each_hook_in_use_has_a_chain_and_what_is_open_is_not_compared() {
    let (input, output) = (rule(Hook::Input, Some(1), None, None), Hook::Output);
    let plain = bytes(&[input, input]) - bytes(&[input]);
    let other = bytes(&[input, DropRule { hook: output, ..input }]) - bytes(&[input]);
    assert!(other > plain, "the second chain comes on top");
    let compared = bytes(&[rule(Hook::Input, Some(1), Some(2), None)]) - bytes(&[input]);
    let open = bytes(&[input]) - bytes(&[rule(Hook::Input, None, None, None)]);
    assert_eq!(compared, open, "an address costs one comparison, whichever it is");
    assert!(open > 0);
}

#[test]
fn a_listed_table_says_whose_it_is() {
    let listed = |flags: u32, owner: Option<u32>| {
        let mut batch = Batch::new();
        batch.message(0, 0, &generic(IPV4, 0), "listed", |a| {
            a.text(kind::TABLE_NAME, "chaos_f").be32(kind::TABLE_FLAGS, flags);
            if let Some(owner) = owner {
                a.be32(kind::TABLE_OWNER, owner);
            }
        });
        // Without nlmsghdr.
        listed_table(&batch.encode(0)[16..])
    };
    assert_eq!(listed(TABLE_F_OWNER, Some(7)), Some(("f".to_owned(), Some(7))));
    assert_eq!(listed(0, Some(7)), Some(("f".to_owned(), None)));
    assert_eq!(listed(0, None), Some(("f".to_owned(), None)));
}
