//! [`Host`]: prepares this process to run clusters: a user namespace, a PID namespace with an init
//! that outlives the tool just long enough to clean up, and a scratch folder.

use super::init::Init;
use super::namespace::SingleThread;
use super::scratch::{self, Scratch};
use super::spawner::Spawner;
use super::user_namespace::{self, NotEntered};
use crate::runtime::RuntimeError;
use nix::unistd::geteuid;
use parking_lot::Mutex;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};

/// Set to `1`, it keeps chaos from making a user namespace; root does not need one.
pub const NO_USER_NAMESPACE: &str = "CHAOS_NO_USER_NAMESPACE";

/// `CAP_SYS_ADMIN` and `CAP_NET_ADMIN` as bits of `CapEff`.
const NEEDED_CAPABILITIES: u64 = 1 << 21 | 1 << 12;

#[derive(Clone, Debug)]
pub struct HostOptions {
    /// Where the scratch folder is made; by default the system's temporary folder.
    pub scratch_parent: PathBuf,
    /// Whether to make a user namespace; without one, root's own rights are needed.
    pub user_namespace: bool,
}

impl HostOptions {
    /// The defaults, and what the environment says: `TMPDIR`, `CHAOS_NO_USER_NAMESPACE`.
    pub fn from_env() -> Self {
        HostOptions {
            scratch_parent: std::env::temp_dir(),
            user_namespace: std::env::var_os(NO_USER_NAMESPACE).is_none_or(|v| v != "1"),
        }
    }
}

/// Where the rights over the namespaces come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// The tool's own user namespace.
    UserNamespace,
    /// Root's rights.
    Root,
}

/// This process, able to run clusters. It must live as long as they do. When it is dropped, or this
/// process dies in whatever way, all their processes are killed and the scratch folder is removed.
#[derive(Debug)]
pub struct Host {
    isolation: Isolation,
    notes: Vec<String>,
    spawner: Mutex<Option<Spawner>>,
    clusters: AtomicU32,
    // Its drop waits until the scratch folder is gone; only then may the folder's lock go.
    init: Init,
    scratch: Scratch,
}

impl Host {
    /// Enters the namespaces. Call it before this process has a second thread. The process itself
    /// stays on the host's network, in its session and in its PID namespace. The error says which
    /// setting allows it.
    pub fn enter(options: &HostOptions) -> Result<Host, RuntimeError> {
        let alone = SingleThread::check()?;
        let notes = scratch::remove_stale(&options.scratch_parent);
        let isolation = isolate(options, &alone)?;
        let mut scratch = Scratch::choose(&options.scratch_parent);
        let init = Init::start(scratch.path(), &alone)?;
        scratch.create()?;
        let (spawner, clusters) = (Mutex::new(None), AtomicU32::new(0));
        Ok(Host { isolation, notes, spawner, clusters, init, scratch })
    }

    pub fn isolation(&self) -> Isolation {
        self.isolation
    }

    /// Notes for the user: folders of killed runs that were removed.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// A folder that is removed when this process ends, however it ends.
    pub fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// The process id of the PID namespace's init, as this process sees it.
    pub fn init_pid(&self) -> i32 {
        self.init.pid().as_raw()
    }

    /// A function that starts commands on the host's network. They are killed when this process
    /// ends, however it ends, and do not receive the terminal's Ctrl-C.
    pub fn starter(
        &self,
    ) -> Result<impl Fn(Command) -> io::Result<Child> + Send + Sync + use<>, RuntimeError> {
        let spawner = self.spawner()?;
        Ok(move |command| spawner.spawn(command, None))
    }

    /// Starts the thread that forks, at first use.
    pub(super) fn spawner(&self) -> Result<Spawner, RuntimeError> {
        // The slot is only filled as a whole, so a panic elsewhere leaves it consistent.
        let mut slot = self.spawner.lock();
        if let Some(spawner) = &*slot {
            return Ok(spawner.clone());
        }
        let spawner =
            self.init
                .namespace()
                .and_then(|namespace| Spawner::start(Some(namespace)))
                .map_err(|e| RuntimeError::io("starting the thread that starts processes", e))?;
        *slot = Some(spawner.clone());
        Ok(spawner)
    }

    /// A folder for the next cluster; it does not exist yet.
    pub(super) fn next_cluster_folder(&self) -> PathBuf {
        let number = self.clusters.fetch_add(1, Ordering::Relaxed);
        self.scratch.path().join(format!("cluster-{number}"))
    }
}

fn isolate(options: &HostOptions, alone: &SingleThread) -> Result<Isolation, RuntimeError> {
    let rights = || geteuid().is_root() && has_capabilities();
    if !options.user_namespace {
        if rights() {
            return Ok(Isolation::Root);
        }
        let what = format!("{NO_USER_NAMESPACE}=1 needs root with CAP_SYS_ADMIN and CAP_NET_ADMIN");
        return Err(RuntimeError::new(what).advise(format!("unset {NO_USER_NAMESPACE}")));
    }
    match user_namespace::enter(alone) {
        Ok(()) => Ok(Isolation::UserNamespace),
        Err(NotEntered::Unchanged(_)) if rights() => Ok(Isolation::Root),
        Err(NotEntered::Unchanged(error) | NotEntered::Stuck(error)) => Err(error),
    }
}

fn has_capabilities() -> bool {
    // Without a readable /proc nothing here works; the next step reports it.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    effective_capabilities(&status)
        .is_some_and(|caps| caps & NEEDED_CAPABILITIES == NEEDED_CAPABILITIES)
}

fn effective_capabilities(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"))?;
    u64::from_str_radix(line.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_read_from_the_status() {
        let status = "Name:\tx\nCapPrm:\t0000000000000000\nCapEff:\t0000000000201000\n";
        assert_eq!(effective_capabilities(status), Some(NEEDED_CAPABILITIES));
        assert_eq!(effective_capabilities("Name:\tx\n"), None);
    }
}
