//! [`DropPoint`]: the packet filter of one network namespace.

use super::netlink::{Batch, Refused, Socket};
use super::{DropRule, Dropped, Hook, nftables};
use nix::errno::Errno;
use nix::sys::socket::SockProtocol;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The longest name of a table; nf_tables itself allows 255 bytes.
const TABLE_NAME_MAX: usize = 64;

/// A network namespace's packet filter: rules that silently drop and count. It may be used from
/// any thread; it stays with the namespace in which it was opened.
#[derive(Debug)]
pub struct DropPoint {
    name: String,
    hook: Hook,
    socket: Mutex<Socket>,
}

impl DropPoint {
    /// Opens the filter of the calling thread's network namespace. `name` says in reports where
    /// it is.
    ///
    /// # Errors
    /// When the kernel has no nfnetlink.
    pub fn open(name: impl Into<String>, hook: Hook) -> io::Result<DropPoint> {
        let socket = Socket::open(SockProtocol::NetlinkNetFilter)?;
        Ok(DropPoint { name: name.into(), hook, socket: Mutex::new(socket) })
    }

    /// Where this is, for reports.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where on their way packets are dropped.
    pub fn hook(&self) -> Hook {
        self.hook
    }

    /// Begins to drop, all rules at one moment. `table` names them for the other calls: up to 64
    /// letters, digits and underscores. Established connections are hit as well as new ones, and
    /// nobody is told. One datagram has room for about 350 rules with a port, 800 without.
    ///
    /// # Errors
    /// `AlreadyExists` when there is a table of this name, `InvalidInput` for a name that is none,
    /// else whatever the kernel refuses; then nothing was changed.
    pub fn install(&self, table: &str, rules: &[DropRule]) -> io::Result<()> {
        check_name(table)?;
        Ok(self.send(&nftables::install(self.hook, table, rules))?)
    }

    /// What each rule has dropped since it was installed, in the order in which the rules were
    /// given.
    ///
    /// # Errors
    /// `NotFound` when there is no such table.
    pub fn dropped(&self, table: &str) -> io::Result<Vec<Dropped>> {
        check_name(table)?;
        let rules = self.socket().dump(&nftables::list_rules(table))?;
        if rules.is_empty() && !self.tables()?.iter().any(|name| name == table) {
            let what = format!("there is no table {table} at {}", self.name);
            return Err(io::Error::new(io::ErrorKind::NotFound, what));
        }
        let mut dropped = Vec::new();
        for (_, rule) in &rules {
            let (index, counted) = nftables::counted(rule).ok_or_else(|| {
                let what = format!("table {table} at {} holds a rule that is not ours", self.name);
                io::Error::new(io::ErrorKind::InvalidData, what)
            })?;
            if dropped.len() <= index {
                dropped.resize(index + 1, Dropped::default());
            }
            dropped[index].packets += counted.packets;
            dropped[index].bytes += counted.bytes;
        }
        Ok(dropped)
    }

    /// Ends the dropping of a table's rules, all at one moment; their counts go with them. A table
    /// that is not there is removed already.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn remove(&self, table: &str) -> io::Result<()> {
        check_name(table)?;
        match self.send(&nftables::remove(table)) {
            Err(refused) if refused.errno == Errno::ENOENT => Ok(()),
            other => Ok(other?),
        }
    }

    /// The tables that [`DropPoint::install`] made here and nobody removed, by whatever process.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn tables(&self) -> io::Result<Vec<String>> {
        let tables = self.socket().dump(&nftables::list_tables())?;
        Ok(tables.iter().filter_map(|(_, body)| nftables::table_name(body)).collect())
    }

    fn send(&self, batch: &Batch) -> Result<(), Refused> {
        self.socket().send(batch, |_, _| {})
    }

    fn socket(&self) -> MutexGuard<'_, Socket> {
        // Answers are matched by sequence number, so a socket stays sound whatever panicked.
        self.socket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check_name(table: &str) -> io::Result<()> {
    let fits = !table.is_empty() && table.len() <= TABLE_NAME_MAX;
    if fits && table.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Ok(());
    }
    let what = format!(
        "a table's name must be 1 to {TABLE_NAME_MAX} letters, digits and underscores, not {table:?}"
    );
    Err(io::Error::new(io::ErrorKind::InvalidInput, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_nft_prints_as_they_are_make_tables() {
        for good in ["f", "fault_12", &"x".repeat(TABLE_NAME_MAX)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "fault-1", "a b", "ä", &"x".repeat(TABLE_NAME_MAX + 1)] {
            let error = check_name(bad).expect_err(bad);
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        }
    }
}
