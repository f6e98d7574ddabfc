//! [`DropPoint`]: the packet filter of one network namespace.

use super::netlink::{Batch, Refused, Socket};
use super::nftables::{self, Bound};
use super::{DropRule, Dropped, Filter};
use nix::errno::Errno;
use nix::sched::{CloneFlags, setns};
use nix::sys::socket::SockProtocol;
use parking_lot::Mutex;
use std::fs::File;
use std::io;

/// The longest name of a table; nf_tables itself allows 255 bytes.
const TABLE_NAME_MAX: usize = 64;

/// A network namespace's packet filter: rules that silently drop and count. It may be used from
/// any thread; it stays with the namespace in which it was opened.
#[derive(Debug)]
pub struct DropPoint {
    name: String,
    means: &'static str,
    socket: Mutex<Socket>,
}

impl DropPoint {
    /// Opens the filter of the calling thread's network namespace. `name` says in reports where
    /// it is, `means` how packets are dropped there.
    pub fn open(name: impl Into<String>, means: &'static str) -> io::Result<DropPoint> {
        let socket = Socket::open(SockProtocol::NetlinkNetFilter)?;
        Ok(DropPoint { name: name.into(), means, socket: Mutex::new(socket) })
    }

    /// As [`DropPoint::open`], in another network namespace, by a thread that goes there.
    pub fn open_in(
        netns: &File,
        name: impl Into<String>,
        means: &'static str,
    ) -> io::Result<DropPoint> {
        let name = name.into();
        std::thread::scope(|scope| {
            let opening = std::thread::Builder::new().name("netfilter".to_owned());
            let opening = opening.spawn_scoped(scope, || {
                setns(netns, CloneFlags::CLONE_NEWNET)?;
                DropPoint::open(name, means)
            })?;
            opening.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Where this is, for reports.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Begins to drop, all rules at one moment. `table` names them for the other calls: up to 64
    /// letters, digits and underscores. Established connections are hit as well as new ones, and
    /// nobody is told. One datagram has room for about 350 rules with a port, 800 without.
    ///
    /// From Linux 5.12 on the table is bound to this process: the kernel removes it when the
    /// process ends, however it ends, or the point is dropped; and nobody else can change it.
    /// Older kernels keep it until it is removed.
    ///
    /// # Errors
    /// `AlreadyExists` when there is a table of this name, `InvalidInput` for a name that is none,
    /// else whatever the kernel refuses; then nothing was changed.
    pub fn install(&self, table: &str, rules: &[DropRule]) -> io::Result<()> {
        check_name(table)?;
        match self.send(&nftables::install(Bound::ToSocket, table, rules)) {
            // What a kernel says to flags that it does not know; if that was not the reason, it
            // says the same again.
            Err(refused) if matches!(refused.errno, Errno::EINVAL | Errno::EOPNOTSUPP) => {
                Ok(self.send(&nftables::install(Bound::ToNothing, table, rules))?)
            }
            other => Ok(other?),
        }
    }

    /// Whether the kernel removes this table by itself when this process ends.
    pub fn is_bound_to_this_process(&self, table: &str) -> io::Result<bool> {
        let own = self.socket.lock().port_id()?;
        let mut tables = self.listed_tables()?.into_iter();
        let listed = tables.find(|(name, _)| name == table);
        listed.map(|(_, owner)| owner == Some(own)).ok_or_else(|| self.no_table(table))
    }

    /// What each rule has dropped since it was installed, in the order in which the rules were
    /// given.
    pub fn dropped(&self, table: &str) -> io::Result<Vec<Dropped>> {
        check_name(table)?;
        let rules = self.socket.lock().dump(&nftables::list_rules(table))?;
        if rules.is_empty() && !self.tables()?.iter().any(|name| name == table) {
            return Err(self.no_table(table));
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
    pub fn remove(&self, table: &str) -> io::Result<()> {
        check_name(table)?;
        match self.send(&nftables::remove(table)) {
            Err(refused) if refused.errno == Errno::ENOENT => Ok(()),
            other => Ok(other?),
        }
    }

    /// The tables that [`DropPoint::install`] made here and nobody removed, by whatever process.
    pub fn tables(&self) -> io::Result<Vec<String>> {
        Ok(self.listed_tables()?.into_iter().map(|(name, _)| name).collect())
    }

    /// Our tables, and the sockets that they are bound to.
    fn listed_tables(&self) -> io::Result<Vec<(String, Option<u32>)>> {
        let tables = self.socket.lock().dump(&nftables::list_tables())?;
        Ok(tables.iter().filter_map(|(_, body)| nftables::listed_table(body)).collect())
    }

    fn no_table(&self, table: &str) -> io::Error {
        let what = format!("there is no table {table} at {}", self.name);
        io::Error::new(io::ErrorKind::NotFound, what)
    }

    fn send(&self, batch: &Batch) -> Result<(), Refused> {
        self.socket.lock().send(batch, |_, _| {})
    }
}

impl Filter for DropPoint {
    fn name(&self) -> &str {
        self.name()
    }

    fn means(&self) -> &str {
        self.means
    }

    fn install(&self, table: &str, rules: &[DropRule]) -> io::Result<()> {
        self.install(table, rules)
    }

    fn dropped(&self, table: &str) -> io::Result<Vec<Dropped>> {
        self.dropped(table)
    }

    fn remove(&self, table: &str) -> io::Result<()> {
        self.remove(table)
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
