//! One rule: how a [`DropRule`] is written, and how its counter is read. Every rule carries the
//! index of its [`DropRule`] as a comment, which `nft list ruleset` shows.

use super::{GENERIC_LEN, IPV4, at, generic, kernel_name, kind, message, text};
use crate::netfilter::netlink::{Attributes, Batch, NESTED, attribute, attributes};
use crate::netfilter::{DropRule, Dropped};

/// The comment in front of a rule's index.
const COMMENT_PREFIX: &str = "chaos rule ";

const TCP: u8 = libc::IPPROTO_TCP as u8;

/// Where a field stands in the packet: header, offset in it.
const IP_PROTOCOL: (i32, u32) = (libc::NFT_PAYLOAD_NETWORK_HEADER, 9);
const IP_SOURCE: (i32, u32) = (libc::NFT_PAYLOAD_NETWORK_HEADER, 12);
const IP_DESTINATION: (i32, u32) = (libc::NFT_PAYLOAD_NETWORK_HEADER, 16);
pub(super) const TCP_SOURCE: (i32, u32) = (libc::NFT_PAYLOAD_TRANSPORT_HEADER, 0);
pub(super) const TCP_DESTINATION: (i32, u32) = (libc::NFT_PAYLOAD_TRANSPORT_HEADER, 2);

/// The index of the [`DropRule`] that a listed rule belongs to, and what it has dropped.
pub(in crate::netfilter) fn counted(body: &[u8]) -> Option<(usize, Dropped)> {
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

pub(super) type PortMatch = ((i32, u32), u16);

pub(super) fn drop_rule(
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
