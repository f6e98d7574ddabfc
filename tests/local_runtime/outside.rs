//! Runs tools and looks at them from outside.

use crate::world::wait_until;
use kafka_chaos::testing::runtime::local::NO_USER_NAMESPACE;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// `nobody`, on every machine.
const NOBODY: u32 = 65_534;
/// Nothing may be left of a killed tool after this time.
const GONE_WITHIN: Duration = Duration::from_secs(3);

/// The rights of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// An ordinary user, in a user namespace.
    User,
    /// Root in a user namespace.
    Root,
    /// Root without one.
    RootWithoutUserNamespace,
}

impl Level {
    /// All that the current user can have.
    pub fn all() -> Vec<Level> {
        if nix::unistd::geteuid().is_root() {
            vec![Level::User, Level::Root, Level::RootWithoutUserNamespace]
        } else {
            vec![Level::User]
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Level::User => "user",
            Level::Root => "root",
            Level::RootWithoutUserNamespace => "root_without_user_namespace",
        }
    }
}

/// A place for tools of one level: a folder for everything that they might leave.
pub struct Outside {
    level: Level,
    folder: tempfile::TempDir,
    program: PathBuf,
}

impl Outside {
    pub fn new(level: Level) -> Outside {
        let folder = tempfile::tempdir().unwrap();
        // The tool's user must reach the program and write beside it.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let program = folder.path().join("tool");
        // Not by this process: a child that another thread forks meanwhile would have the copy open
        // for writing, and what is open for writing cannot be executed (ETXTBSY).
        let copy = Command::new("cp").arg(std::env::current_exe().unwrap()).arg(&program).status();
        assert!(copy.unwrap().success());
        let outside = Outside { level, folder, program };
        fs::create_dir(outside.temporary()).unwrap();
        if outside.becomes_nobody() {
            chown(outside.temporary(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        outside
    }

    fn temporary(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }

    fn becomes_nobody(&self) -> bool {
        self.level == Level::User && nix::unistd::geteuid().is_root()
    }

    fn dressed(&self, mut command: Command) -> Command {
        command.env("TMPDIR", self.temporary()).env_remove(NO_USER_NAMESPACE);
        command.current_dir("/");
        if self.level == Level::RootWithoutUserNamespace {
            command.env(NO_USER_NAMESPACE, "1");
        }
        if self.becomes_nobody() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    /// A tool that runs one case.
    fn tool(&self, case: &str) -> Command {
        let mut command = self.dressed(Command::new(&self.program));
        command.args(["--inside", case]);
        command
    }

    /// The case must end well.
    pub fn passes(&self, case: &str) {
        check(&self.tool(case).output().unwrap());
    }

    fn folders(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.temporary()).unwrap();
        let named =
            |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("chaos-");
        entries.map(|entry| entry.unwrap().path()).filter(named).collect()
    }

    /// Processes that were started with this place in their environment.
    fn processes(&self) -> Vec<String> {
        let mark = format!("TMPDIR={}", self.temporary().display());
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let has = |environment: Vec<u8>| {
                environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
            };
            if fs::read(entry.path().join("environ")).is_ok_and(has) {
                found.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        found
    }

    /// Fails if any process or folder of a tool of this place is left.
    pub fn check_nothing_left(&self) {
        wait_until("no process is left", || self.processes().is_empty());
        assert_eq!(self.folders(), Vec::<PathBuf>::new());
    }
}

fn check(output: &Output) {
    if !output.status.success() {
        let (out, err) = (&output.stdout, &output.stderr);
        eprintln!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err));
    }
    assert!(output.status.success(), "the tool ended with {}", output.status);
}

/// Whether there is such a process, and it is neither dead (waiting for the host's init to reap it)
/// nor about to be.
pub fn lives(process: &Path) -> bool {
    const EXITING: u64 = 4;
    let Ok(stat) = fs::read_to_string(process.join("stat")) else { return false };
    let (_, rest) = stat.rsplit_once(") ").expect("the command's name is in parentheses");
    let mut fields = rest.split(' ');
    let dead = matches!(fields.next(), Some("Z" | "X"));
    let flags: u64 = fields.nth(5).expect("the flags").parse().expect("a number");
    !dead && flags & EXITING == 0
}

/// Starts a holding tool; returns its scratch folder and its processes.
fn holding(outside: &Outside) -> (Child, PathBuf, Vec<PathBuf>) {
    let mut tool = outside.tool("hold").stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(tool.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let mut words = line.split_whitespace();
    assert_eq!(words.next(), Some("HOLDING"), "{line}");
    let scratch = PathBuf::from(words.next().unwrap());
    (tool, scratch, words.map(|pid| Path::new("/proc").join(pid)).collect())
}

pub fn two_tools_side_by_side(outside: &Outside) {
    let (mut held, scratch, pids) = holding(outside);
    // The other has the same addresses; the held one's cut and its stopped node do not affect it.
    outside.passes("namespaces_come_up_and_all_nodes_reach_each_other");
    outside.passes("a_cut_is_silent_both_ways_counted_and_heals");
    assert!(scratch.exists() && pids.iter().all(|pid| lives(pid)));
    assert_eq!(held.try_wait().unwrap(), None, "the held one goes on");
    held.kill().unwrap();
    held.wait().unwrap();
}

pub fn nothing_survives_a_killed_tool(outside: &Outside) {
    let (mut tool, scratch, pids) = holding(outside);
    assert_eq!(pids.len(), 5, "three nodes, a client, init");
    assert!(scratch.exists() && pids.iter().all(|pid| lives(pid)));
    tool.kill().unwrap();
    let start = Instant::now();
    tool.wait().unwrap();
    while scratch.exists() || pids.iter().any(|pid| lives(pid)) {
        assert!(start.elapsed() < GONE_WITHIN, "left: {pids:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
    println!("        gone {:?} after SIGKILL", start.elapsed());
}

pub fn killed_while_starting(outside: &Outside) {
    for step in 0..40u64 {
        let mut tool = outside.tool("hold").stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(step * step * 60));
        tool.kill().unwrap();
        tool.wait().unwrap();
        let start = Instant::now();
        while !outside.processes().is_empty() {
            assert!(start.elapsed() < GONE_WITHIN, "step {step}: {:?}", outside.processes());
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(outside.folders(), Vec::<PathBuf>::new(), "step {step}");
    }
}

pub fn a_folder_left_behind(outside: &Outside) {
    let output = outside.tool("leave_a_folder_behind").output().unwrap();
    assert!(!output.status.success(), "it killed itself");
    wait_until("init is gone", || outside.processes().is_empty());
    let left = outside.folders();
    assert_eq!(left.len(), 1);
    let output = outside.tool("tell_notes").output().unwrap();
    check(&output);
    let text = String::from_utf8(output.stdout).unwrap();
    let expected = format!("NOTE removed {}, left behind", left[0].display());
    assert!(text.starts_with(&expected), "{text}");
}

pub fn signals_are_not_inherited(outside: &Outside) {
    let mut shell = outside.dressed(Command::new("sh"));
    let ignoring = "trap '' HUP INT QUIT TERM; exec \"$0\" --inside signals";
    check(&shell.args(["-c", ignoring]).arg(&outside.program).output().unwrap());
}
