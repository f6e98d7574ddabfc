//! The nftables messages: a table with a chain of counting drop rules at each hook, its counters,
//! its removal.

mod kind;
mod rule;

pub(super) use rule::counted;

use super::netlink::{Batch, NESTED, attribute};
use super::{DropRule, Hook};
use rule::{TCP_DESTINATION, TCP_SOURCE, drop_rule};

/// nf_tables' table names allow more; this is what `nft` can print and read again.
const TABLE_PREFIX: &str = "chaos_";

const IPV4: u8 = libc::AF_INET as u8;
const SUBSYSTEM: u16 = (libc::NFNL_SUBSYS_NFTABLES as u16) << 8;
/// Length of `nfgenmsg`, in front of every message's attributes.
const GENERIC_LEN: usize = 4;

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

#[cfg(test)]
mod tests;
