//! The nftables messages: a table with a chain of counting drop rules at each hook, its counters,
//! its end. Every rule carries the index of its [`DropRule`] as a comment, which `nft list ruleset`
//! shows.

use super::netlink::{Attributes, Batch, NESTED, attribute, attributes};
use super::{DropRule, Dropped, Hook};

/// nf_tables' table names allow more; this is what `nft` can print and read again.
const TABLE_PREFIX: &str = "chaos_";
/// The comment in front of a rule's index.
const COMMENT_PREFIX: &str = "chaos rule ";

const IPV4: u8 = libc::AF_INET as u8;
const TCP: u8 = libc::IPPROTO_TCP as u8;
const SUBSYSTEM: u16 = (libc::NFNL_SUBSYS_NFTABLES as u16) << 8;
/// Length of `nfgenmsg`, in front of every message's attributes.
const GENERIC_LEN: usize = 4;

/// Attribute numbers of `linux/netfilter/nf_tables.h`.
mod kind {
    pub(super) const TABLE_NAME: u16 = 1;
    pub(super) const TABLE_FLAGS: u16 = 2;
    pub(super) const TABLE_OWNER: u16 = 7;
    pub(super) const CHAIN_TABLE: u16 = 1;
    pub(super) const CHAIN_NAME: u16 = 3;
    pub(super) const CHAIN_HOOK: u16 = 4;
    pub(super) const CHAIN_POLICY: u16 = 5;
    pub(super) const CHAIN_TYPE: u16 = 7;
    pub(super) const HOOK_NUMBER: u16 = 1;
    pub(super) const HOOK_PRIORITY: u16 = 2;
    pub(super) const RULE_TABLE: u16 = 1;
    pub(super) const RULE_CHAIN: u16 = 2;
    pub(super) const RULE_EXPRESSIONS: u16 = 4;
    pub(super) const RULE_USERDATA: u16 = 7;
    pub(super) const LIST_ELEMENT: u16 = 1;
    pub(super) const EXPRESSION_NAME: u16 = 1;
    pub(super) const EXPRESSION_DATA: u16 = 2;
    pub(super) const PAYLOAD_REGISTER: u16 = 1;
    pub(super) const PAYLOAD_BASE: u16 = 2;
    pub(super) const PAYLOAD_OFFSET: u16 = 3;
    pub(super) const PAYLOAD_LENGTH: u16 = 4;
    pub(super) const COMPARE_REGISTER: u16 = 1;
    pub(super) const COMPARE_OPERATION: u16 = 2;
    pub(super) const COMPARE_DATA: u16 = 3;
    pub(super) const DATA_VALUE: u16 = 1;
    pub(super) const DATA_VERDICT: u16 = 2;
    pub(super) const VERDICT_CODE: u16 = 1;
    pub(super) const COUNTER_BYTES: u16 = 1;
    pub(super) const COUNTER_PACKETS: u16 = 2;
    pub(super) const IMMEDIATE_REGISTER: u16 = 1;
    pub(super) const IMMEDIATE_DATA: u16 = 2;
    /// In a rule's user data, as libnftnl lays it out: one byte kind, one byte length.
    pub(super) const USERDATA_COMMENT: u8 = 0;
}

/// The kernel removes such a table when the socket that made it is closed (Linux 5.12), and lets
/// nobody else change it.
const TABLE_F_OWNER: u32 = 0x2;

/// Whether a table is to go with the socket that makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// It goes with the socket.
    ToSocket,
    /// It stays until somebody removes it.
    ToNothing,
}

/// Where a field stands in the packet: header, offset in it.
const IP_PROTOCOL: (i32, u32) = (libc::NFT_PAYLOAD_NETWORK_HEADER, 9);
const IP_SOURCE: (i32, u32) = (libc::NFT_PAYLOAD_NETWORK_HEADER, 12);
const IP_DESTINATION: (i32, u32) = (libc::NFT_PAYLOAD_NETWORK_HEADER, 16);
const TCP_SOURCE: (i32, u32) = (libc::NFT_PAYLOAD_TRANSPORT_HEADER, 0);
const TCP_DESTINATION: (i32, u32) = (libc::NFT_PAYLOAD_TRANSPORT_HEADER, 2);

/// One transaction that makes the table, a chain for each hook that the rules use, and the rules;
/// it fails when there is a table of that name already.
pub(super) fn install(bound: Bound, table: &str, rules: &[DropRule]) -> Batch {
    let create = libc::NLM_F_CREATE | libc::NLM_F_EXCL;
    transaction(|batch| {
        let what = format!("making the nftables table {}", kernel_name(table));
        batch.message(message(libc::NFT_MSG_NEWTABLE), create, &generic(IPV4, 0), what, |a| {
            a.text(kind::TABLE_NAME, &kernel_name(table));
            if bound == Bound::ToSocket {
                a.be32(kind::TABLE_FLAGS, TABLE_F_OWNER);
            }
        });
        for hook in Hook::ALL.into_iter().filter(|hook| rules.iter().any(|r| r.hook == *hook)) {
            chain(batch, hook, table);
        }
        for (index, rule) in rules.iter().enumerate() {
            match rule.port {
                None => drop_rule(batch, table, index, rule, None),
                Some(port) => {
                    drop_rule(batch, table, index, rule, Some((TCP_SOURCE, port)));
                    drop_rule(batch, table, index, rule, Some((TCP_DESTINATION, port)));
                }
            }
        }
    })
}

/// One transaction that removes the table with all that is in it.
pub(super) fn remove(table: &str) -> Batch {
    transaction(|batch| {
        let what = format!("removing the nftables table {}", kernel_name(table));
        let kind = message(libc::NFT_MSG_DELTABLE);
        batch.message(kind, 0, &generic(IPV4, 0), what, |a| {
            a.text(kind::TABLE_NAME, &kernel_name(table));
        });
    })
}

/// Asks for the rules of a table; [`counted`] reads the answers.
pub(super) fn list_rules(table: &str) -> Batch {
    let mut batch = Batch::new();
    let what = format!("listing the nftables table {}", kernel_name(table));
    let kind = message(libc::NFT_MSG_GETRULE);
    batch.message(kind, libc::NLM_F_DUMP, &generic(IPV4, 0), what, |a| {
        a.text(kind::RULE_TABLE, &kernel_name(table));
    });
    batch
}

/// Asks for all tables; [`listed_table`] reads the answers.
pub(super) fn list_tables() -> Batch {
    let mut batch = Batch::new();
    let kind = message(libc::NFT_MSG_GETTABLE);
    batch.message(kind, libc::NLM_F_DUMP, &generic(IPV4, 0), "listing nftables tables", |_| {});
    batch
}

/// A listed table, if it is one of ours: its name, and the port id of the socket that it is bound
/// to.
pub(super) fn listed_table(body: &[u8]) -> Option<(String, Option<u32>)> {
    let body = body.get(GENERIC_LEN..)?;
    let name = attribute(body, kind::TABLE_NAME)?;
    let name = text(name)?.strip_prefix(TABLE_PREFIX)?.to_owned();
    let number = |kind| Some(u32::from_be_bytes(attribute(body, kind)?.try_into().ok()?));
    let owned = number(kind::TABLE_FLAGS).is_some_and(|flags| flags & TABLE_F_OWNER != 0);
    Some((name, number(kind::TABLE_OWNER).filter(|_| owned)))
}

/// The index of the [`DropRule`] that a listed rule belongs to, and what it has dropped.
pub(super) fn counted(body: &[u8]) -> Option<(usize, Dropped)> {
    let body = body.get(GENERIC_LEN..)?;
    let [kind::USERDATA_COMMENT, _, comment @ ..] = attribute(body, kind::RULE_USERDATA)? else {
        return None;
    };
    let index = text(comment)?.strip_prefix(COMMENT_PREFIX)?.parse().ok()?;
    let expressions = attribute(body, kind::RULE_EXPRESSIONS)?;
    let counter = attributes(expressions)
        .find(|(_, e)| attribute(e, kind::EXPRESSION_NAME) == Some(b"counter\0"))
        .and_then(|(_, e)| attribute(e, kind::EXPRESSION_DATA))?;
    let number = |kind| Some(u64::from_be_bytes(attribute(counter, kind)?.try_into().ok()?));
    let packets = number(kind::COUNTER_PACKETS)?;
    Some((index, Dropped { packets, bytes: number(kind::COUNTER_BYTES)? }))
}

fn kernel_name(table: &str) -> String {
    format!("{TABLE_PREFIX}{table}")
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes.strip_suffix(&[0]).unwrap_or(bytes)).ok()
}

fn message(kind: i32) -> u16 {
    SUBSYSTEM | kind as u16
}

fn generic(family: u8, resource: u16) -> [u8; GENERIC_LEN] {
    let [high, low] = resource.to_be_bytes();
    [family, libc::NFNETLINK_V0 as u8, high, low]
}

fn transaction(fill: impl FnOnce(&mut Batch)) -> Batch {
    let mut batch = Batch::new();
    let header = generic(libc::AF_UNSPEC as u8, libc::NFNL_SUBSYS_NFTABLES as u16);
    let begin = libc::NFNL_MSG_BATCH_BEGIN as u16;
    batch.message(begin, 0, &header, "committing an nftables transaction", |_| {});
    fill(&mut batch);
    batch.answer_last();
    let end = libc::NFNL_MSG_BATCH_END as u16;
    batch.message(end, 0, &header, "ending an nftables transaction", |_| {});
    batch
}

/// The kernel's number of a hook, and the name of the chain there.
fn at(hook: Hook) -> (i32, &'static str) {
    match hook {
        Hook::Forward => (libc::NF_INET_FORWARD, "forward"),
        Hook::Input => (libc::NF_INET_LOCAL_IN, "input"),
        Hook::Output => (libc::NF_INET_LOCAL_OUT, "output"),
    }
}

fn chain(batch: &mut Batch, hook: Hook, table: &str) {
    let (number, name) = at(hook);
    let flags = libc::NLM_F_CREATE;
    let what = format!("making the chain {name} in the nftables table {}", kernel_name(table));
    batch.message(message(libc::NFT_MSG_NEWCHAIN), flags, &generic(IPV4, 0), what, |a| {
        a.text(kind::CHAIN_TABLE, &kernel_name(table))
            .text(kind::CHAIN_NAME, name)
            .nest(kind::CHAIN_HOOK | NESTED, |a| {
                a.be32(kind::HOOK_NUMBER, number as u32).be32(kind::HOOK_PRIORITY, 0);
            })
            .be32(kind::CHAIN_POLICY, libc::NF_ACCEPT as u32)
            .text(kind::CHAIN_TYPE, "filter");
    });
}

type PortMatch = ((i32, u32), u16);

fn drop_rule(
    batch: &mut Batch,
    table: &str,
    index: usize,
    rule: &DropRule,
    port: Option<PortMatch>,
) {
    let flags = libc::NLM_F_CREATE | libc::NLM_F_APPEND;
    let what = format!("making rule {index} in the nftables table {}", kernel_name(table));
    batch.message(message(libc::NFT_MSG_NEWRULE), flags, &generic(IPV4, 0), what, |a| {
        a.text(kind::RULE_TABLE, &kernel_name(table))
            .text(kind::RULE_CHAIN, at(rule.hook).1)
            .nest(kind::RULE_EXPRESSIONS | NESTED, |a| {
                if let Some(src) = rule.src {
                    field_is(a, IP_SOURCE, &src.octets());
                }
                if let Some(dst) = rule.dst {
                    field_is(a, IP_DESTINATION, &dst.octets());
                }
                if let Some((field, port)) = port {
                    field_is(a, IP_PROTOCOL, &[TCP]);
                    field_is(a, field, &port.to_be_bytes());
                }
                count_and_drop(a);
            })
            .bytes(kind::RULE_USERDATA, &comment(index));
    });
}

fn comment(index: usize) -> Vec<u8> {
    let text = format!("{COMMENT_PREFIX}{index}\0");
    // A prefix of 11 bytes and an index of at most 20 digits.
    let length = text.len() as u8;
    [&[kind::USERDATA_COMMENT, length], text.as_bytes()].concat()
}

fn expression(a: &mut Attributes, name: &str, fill: impl FnOnce(&mut Attributes)) {
    a.nest(kind::LIST_ELEMENT | NESTED, |a| {
        a.text(kind::EXPRESSION_NAME, name).nest(kind::EXPRESSION_DATA | NESTED, fill);
    });
}

/// Loads a field of the packet and goes on with the rule only when it has this value.
fn field_is(a: &mut Attributes, (base, offset): (i32, u32), value: &[u8]) {
    expression(a, "payload", |a| {
        a.be32(kind::PAYLOAD_REGISTER, libc::NFT_REG_1 as u32)
            .be32(kind::PAYLOAD_BASE, base as u32)
            .be32(kind::PAYLOAD_OFFSET, offset)
            .be32(kind::PAYLOAD_LENGTH, value.len() as u32);
    });
    expression(a, "cmp", |a| {
        a.be32(kind::COMPARE_REGISTER, libc::NFT_REG_1 as u32)
            .be32(kind::COMPARE_OPERATION, libc::NFT_CMP_EQ as u32)
            .nest(kind::COMPARE_DATA | NESTED, |a| {
                a.bytes(kind::DATA_VALUE, value);
            });
    });
}

fn count_and_drop(a: &mut Attributes) {
    expression(a, "counter", |a| {
        a.bytes(kind::COUNTER_BYTES, &[0; 8]).bytes(kind::COUNTER_PACKETS, &[0; 8]);
    });
    expression(a, "immediate", |a| {
        a.be32(kind::IMMEDIATE_REGISTER, libc::NFT_REG_VERDICT as u32).nest(
            kind::IMMEDIATE_DATA | NESTED,
            |a| {
                a.nest(kind::DATA_VERDICT | NESTED, |a| {
                    a.be32(kind::VERDICT_CODE, libc::NF_DROP as u32);
                });
            },
        );
    });
}

#[cfg(test)]
mod tests {
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
}
