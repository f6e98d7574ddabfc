//! Starts `chaos` as a person would and looks at what it left.

#![expect(dead_code, reason = "each test target uses its own part of it")]

use parking_lot::{Mutex, MutexGuard};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// An ordinary user, for tests that run as root: `nobody`.
pub const ORDINARY_USER: u32 = 65_534;

/// The default socket of a daemon.
const DOCKER_SOCKET: &str = "/var/run/docker.sock";

/// Names the file to which script/test wants the number of JVMs that each place started.
const JVM_STARTS: &str = "CHAOS_TEST_JVM_STARTS";

/// What each Kafka logs once.
const STARTED: &str = "Log4jControllerRegistration";

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Who runs the tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// Whoever runs the tests.
    Current,
    /// An ordinary user. The same as `Current` unless that is root.
    Ordinary,
    /// An ordinary user who may use the Docker daemon.
    OrdinaryWithDocker,
}

/// A separate place for one test: binary, cache, temporary folder, results.
pub struct Place {
    folder: tempfile::TempDir,
    user: User,
    runtime: Vec<String>,
    variables: Vec<(String, String)>,
    _turn: MutexGuard<'static, ()>,
}

impl Place {
    pub fn new() -> Self {
        Place::of(User::Current)
    }

    pub fn of(user: User) -> Self {
        let turn = ONE_AT_A_TIME.lock();
        let folder = tempfile::Builder::new().prefix("kafka-chaos-test-").tempdir().unwrap();
        // Never `auto`: a test's subject does not depend on whether a daemon answers.
        let runtime = vec!["--runtime".to_owned(), "local".to_owned()];
        let place = Place { folder, user, runtime, variables: Vec::new(), _turn: turn };
        fs::create_dir(place.path().join("tmp")).unwrap();
        fs::create_dir(place.path().join("cwd")).unwrap();
        if place.switches_user() {
            // The ordinary user may not see the tests' own target and cache folders.
            fs::copy(env!("CARGO_BIN_EXE_chaos"), place.path().join("chaos")).unwrap();
            if cache().is_dir() {
                run_to_end(
                    Command::new("cp").arg("-a").arg(cache()).arg(place.path().join("cache")),
                );
            }
            let owner = format!("{ORDINARY_USER}:{ORDINARY_USER}");
            run_to_end(Command::new("chown").arg("-R").arg(owner).arg(place.path()));
        }
        place
    }

    /// With these arguments for the runtime instead of `--runtime local`.
    pub fn on(mut self, runtime: &[&str]) -> Self {
        self.runtime = runtime.iter().map(|s| (*s).to_owned()).collect();
        self
    }

    /// With this variable in the tool's environment.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The ordinary user's groups, for setpriv.
    fn groups(&self) -> String {
        if self.user != User::OrdinaryWithDocker {
            return "--clear-groups".to_owned();
        }
        let socket = fs::metadata(DOCKER_SOCKET).unwrap_or_else(|e| {
            panic!("{DOCKER_SOCKET}: {e}; start a daemon, or run ./script/test, which does")
        });
        format!("--groups={}", std::os::unix::fs::MetadataExt::gid(&socket))
    }

    fn switches_user(&self) -> bool {
        self.user != User::Current && nix::unistd::geteuid().is_root()
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn out(&self) -> PathBuf {
        self.path().join("cwd/out")
    }

    /// Writes a scenario file.
    pub fn scenario(&self, text: &str) -> PathBuf {
        let file = self.path().join("scenario.yaml");
        fs::write(&file, text).unwrap();
        file
    }

    /// `chaos` with these arguments.
    pub fn chaos<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = if self.switches_user() {
            let mut command = Command::new("setpriv");
            let id = ORDINARY_USER;
            command
                .args([format!("--reuid={id}"), format!("--regid={id}")])
                .arg(self.groups())
                .arg(self.path().join("chaos"))
                .env("CHAOS_CACHE_DIR", self.path().join("cache"))
                .env("HOME", self.path());
            command
        } else {
            let mut command = Command::new(env!("CARGO_BIN_EXE_chaos"));
            command.env("CHAOS_CACHE_DIR", cache());
            command
        };
        command
            .args(arguments)
            .envs(self.variables.iter().cloned())
            .env("TMPDIR", self.path().join("tmp"))
            .current_dir(self.path().join("cwd"))
            .stdin(Stdio::null());
        command
    }

    /// Runs a scenario to its end.
    pub fn run(&self, scenario: &Path, more: &[&str]) -> Ran {
        let out = self.out();
        self.clear();
        let mut arguments = vec!["run".to_owned(), scenario.display().to_string()];
        arguments.extend(self.runtime.clone());
        arguments.extend(["--out".to_owned(), out.display().to_string()]);
        arguments.extend(more.iter().map(|s| (*s).to_owned()));
        let output = self.chaos(&arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let report = fs::read_to_string(out.join("report.json")).unwrap_or_default();
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            report: serde_json::from_str(&report).unwrap_or(Value::Null),
        }
    }

    /// Starts a scenario and leaves it running.
    pub fn start(&self, scenario: &Path, more: &[&str]) -> Running {
        let mut arguments = vec!["run".to_owned(), scenario.display().to_string()];
        arguments.extend(self.runtime.clone());
        arguments.extend(["--out".to_owned(), self.out().display().to_string()]);
        arguments.extend(more.iter().map(|s| (*s).to_owned()));
        let log = fs::File::create(self.path().join("stderr.log")).unwrap();
        let child = self.chaos(&arguments).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        Running { child, log: self.path().join("stderr.log") }
    }

    /// Removes the results of the run before.
    pub fn clear(&self) {
        self.tell_jvm_starts();
        drop(fs::remove_dir_all(self.out()));
    }

    /// Adds a line to the file of JVM starts.
    fn tell_jvm_starts(&self) {
        let Some(file) = std::env::var_os(JVM_STARTS) else { return };
        let folders = ["cwd", "repository"].map(|folder| self.path().join(folder));
        let started: usize = folders.iter().map(|folder| jvm_starts(folder)).sum();
        if started == 0 {
            return;
        }
        let thread = std::thread::current();
        let line = format!("{started} {}\n", thread.name().unwrap_or_default());
        let file = fs::OpenOptions::new().append(true).create(true).open(file);
        file.unwrap().write_all(line.as_bytes()).unwrap();
    }

    /// What is left of the tool: processes that name this place, folders in its TMPDIR.
    pub fn leftovers(&self) -> Vec<String> {
        let name = self.path().display().to_string();
        let mut left = Vec::new();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let pid = entry.file_name().to_string_lossy().into_owned();
            let Ok(command) = fs::read(entry.path().join("cmdline")) else { continue };
            let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
            let own = pid == std::process::id().to_string();
            let text = String::from_utf8_lossy(&command).replace('\0', " ");
            if !own
                && (text.contains(&name) || String::from_utf8_lossy(&environment).contains(&name))
            {
                left.push(format!("process {pid}: {text}"));
            }
        }
        for entry in fs::read_dir(self.path().join("tmp")).unwrap().flatten() {
            left.push(format!("folder {}", entry.path().display()));
        }
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
        left.extend(mounts.lines().filter(|l| l.contains(&name)).map(|l| format!("mount {l}")));
        left
    }

    /// Waits until nothing is left, with a limit.
    pub fn expect_nothing_left(&self, within: Duration) {
        let deadline = Instant::now() + within;
        loop {
            let left = self.leftovers();
            if left.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "left after {within:?}: {left:#?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.tell_jvm_starts();
    }
}

/// How many JVMs the runs below a folder started, by the logs of their nodes.
fn jvm_starts(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let in_entry = |path: PathBuf| match path {
        path if path.is_symlink() => 0,
        path if path.is_dir() => jvm_starts(&path),
        path if folder.ends_with("nodes") && path.extension().is_some_and(|e| e == "log") => {
            // One that was killed soon has said nothing yet.
            fs::read_to_string(path).unwrap_or_default().matches(STARTED).count().max(1)
        }
        _ => 0,
    };
    entries.map(|entry| in_entry(entry.path())).sum()
}

/// A finished run.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    pub report: Value,
}

impl Ran {
    /// Fails with the tool's output unless it ended with this status.
    pub fn expect_code(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    pub fn cell(&self, id: &str) -> &Value {
        let cells = self.report["cells"].as_array().unwrap();
        cells.iter().find(|c| c["id"] == id).unwrap_or_else(|| panic!("no cell {id} in {cells:#?}"))
    }

    pub fn count(&self, cell: &str, name: &str) -> u64 {
        let counts = &self.cell(cell)["counts"];
        counts[name].as_u64().unwrap_or_else(|| panic!("no count {name} in {counts}"))
    }

    pub fn fault(&self, index: usize) -> &Value {
        &self.report["faults"][index]
    }
}

/// A running run. Killed when dropped.
pub struct Running {
    pub child: Child,
    log: PathBuf,
}

impl Running {
    /// Waits until the tool prints this on stderr.
    pub fn wait_for(&mut self, text: &str) {
        self.wait_for_line(&[text]);
    }

    /// Waits until the tool said all of these in one line.
    pub fn wait_for_line(&mut self, texts: &[&str]) {
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            let said = fs::read_to_string(&self.log).unwrap_or_default();
            if said.lines().any(|line| texts.iter().all(|text| line.contains(text))) {
                return;
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "ended with {ended:?} before it said {texts:?}:\n{said}");
            assert!(Instant::now() < deadline, "never said {texts:?}:\n{said}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.child.id() as i32), signal).unwrap();
    }

    /// Waits for the end; returns exit status and stdout.
    pub fn finish(mut self) -> (i32, String) {
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        (self.child.wait().unwrap().code().unwrap_or(-1), stdout)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A shipped scenario.
pub fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(format!("{name}.yaml"))
}

/// The shipped `minisr2` without most of the wait between its faults, which is for stock clocks.
pub fn minisr2() -> String {
    let text = fs::read_to_string(shipped("minisr2")).unwrap();
    assert!(text.contains("at: 35s"), "{text}");
    text.replace("at: 35s", "at: 12s")
}

/// Kafka is fetched once for all tests.
pub fn cache() -> PathBuf {
    match std::env::var_os("CHAOS_CACHE_DIR") {
        Some(dir) => PathBuf::from(dir),
        None => Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"),
    }
}

fn run_to_end(command: &mut Command) {
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}
