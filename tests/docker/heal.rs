//! What is left when the tool is killed, found and healed by the library.

use crate::bench::{Bench, again_without_root, docker, stop_pause_kill};
use kafka_chaos::testing::runtime::Process;
use kafka_chaos::testing::runtime::docker::heal::{Findings, heal, survey};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Tells [`a_tool_that_waits_to_be_killed`] that it is wanted.
const AS_TOOL: &str = "CHAOS_TEST_TOOL";

/// Not a test by itself: the tests below run it as the tool that is killed. Its cluster has one
/// node stopped, one paused and one killed.
#[test]
fn a_tool_that_waits_to_be_killed() {
    if std::env::var_os(AS_TOOL).is_none() {
        return;
    }
    let bench = Bench::new();
    let cluster = bench.start(bench.sleepers(3));
    stop_pause_kill(&cluster);
    println!("\nready {} {}", bench.project, bench.path().display());
    std::thread::sleep(Duration::from_secs(600));
}

/// A tool as above.
struct Tool {
    child: Child,
    project: String,
    folder: String,
}

impl Tool {
    fn start() -> Tool {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "heal::a_tool_that_waits_to_be_killed", "--nocapture"])
            .env(AS_TOOL, "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let words = lines.find_map(|l| l.strip_prefix("ready ").map(str::to_owned)).unwrap();
        let (project, folder) = words.split_once(' ').unwrap();
        Tool { child, project: project.to_owned(), folder: folder.to_owned() }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// What was found of this tool; others may have been killed on this machine, too.
    fn of(&self, mut findings: Findings) -> Findings {
        let run = [self.project.as_str(), self.folder.as_str()];
        findings.leftovers.retain(|l| {
            l.project.as_ref() == Some(&self.project) || run.iter().any(|r| l.name.contains(r))
        });
        findings.in_use.retain(|line| line.contains(&self.project));
        findings.unjudged.retain(|line| line.contains(&self.project));
        findings
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

/// A process that names a run's folder in its environment; killed when dropped.
struct Sleeper(Child);

impl Sleeper {
    fn of(folder: &str) -> Sleeper {
        Sleeper(Command::new("sleep").arg("600").env("CHAOS_RUN_DIR", folder).spawn().unwrap())
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Somebody else's container, network and volume; removed when dropped.
struct Foreign(String);

impl Foreign {
    fn new() -> Foreign {
        let foreign = Foreign(format!("chaos-test-foreign-{}", std::process::id()));
        let name = foreign.0.as_str();
        docker(&["network", "create", name]);
        docker(&["volume", "create", name]);
        let image = crate::bench::image();
        let volume = format!("{name}:/data");
        docker(&[
            "run",
            "-d",
            "--name",
            name,
            "--network",
            name,
            "-v",
            &volume,
            "--label",
            "chaos=1",
            "--entrypoint",
            "sleep",
            &image,
            "600",
        ]);
        foreign
    }

    fn expect_untouched(&self) {
        assert_eq!(docker(&["inspect", "-f", "{{.State.Status}}", &self.0]), "running");
        docker(&["network", "inspect", &self.0]);
        docker(&["volume", "inspect", &self.0]);
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        docker(&["rm", "-f", "-v", &self.0]);
        docker(&["network", "rm", &self.0]);
        docker(&["volume", "rm", &self.0]);
    }
}

#[test]
fn what_a_killed_tool_left_is_found_and_healed_once() {
    let bench = Bench::new();
    let foreign = Foreign::new();
    let mut tool = Tool::start();
    let living = tool.of(survey(&bench.engine).unwrap());
    assert!(living.leftovers.is_empty(), "{:?}", living.in_words());
    assert_eq!(living.in_use.len(), 7, "3 containers, a network, 3 volumes: {:?}", living.in_use);
    // Like a user's own command from a fault, which outlived the tool.
    let mut started = Sleeper::of(&tool.folder);
    let process = Process::find(started.0.id() as i32).unwrap();
    let mut foreign_process = Sleeper::of("/elsewhere");
    // The daemon is the last to notice that one is dead.
    docker(&["wait", &format!("{}-sleeper-2-1", tool.project)]);
    tool.kill();

    let found = survey(&bench.engine).unwrap();
    let words = found.in_words();
    let said = |words: &[String], what: &str| words.iter().any(|line| line.contains(what));
    for (service, state) in [(0, "stopped by SIGSTOP"), (1, "paused"), (2, "exited")] {
        let line =
            format!("{}-sleeper-{service}-1 of project {}, {state}", tool.project, tool.project);
        assert!(said(&words, &line), "{line}: {words:#?}");
    }
    assert!(said(&words, &format!("process {} (sleep 600)", process.pid)), "{words:#?}");
    assert!(!said(&words, &format!("process {} (", foreign_process.0.id())), "{words:#?}");
    dry_run_changes_nothing(&tool);

    let mut own = tool.of(found.clone());
    let named = format!("{} (sleep", process.pid);
    own.leftovers.extend(found.leftovers.iter().filter(|l| l.name.starts_with(&named)).cloned());
    assert_eq!(own.leftovers.len(), 8, "{:?}", own.in_words());
    let begun = Instant::now();
    heal(&bench.engine, &own).unwrap();
    println!("healed in {:?}", begun.elapsed());
    started.0.wait().unwrap();
    assert!(!process.lives());
    heal(&bench.engine, &own).unwrap();

    let begun = Instant::now();
    let nothing = tool.of(survey(&bench.engine).unwrap());
    println!("a second look took {:?}", begun.elapsed());
    assert!(nothing.is_clean() && nothing.in_use.is_empty(), "{:?}", nothing.in_words());
    foreign.expect_untouched();
    assert!(foreign_process.0.try_wait().unwrap().is_none(), "it lives");
}

#[test]
fn what_a_killed_tool_left_is_found_and_healed_once_without_root() {
    again_without_root("heal::what_a_killed_tool_left_is_found_and_healed_once");
}

fn dry_run_changes_nothing(tool: &Tool) {
    let label = format!("label=chaos.project={}", tool.project);
    let all = || docker(&["ps", "-a", "--filter", &label, "--format", "{{.Names}} {{.State}}"]);
    let before = all();
    // The ordinary user may not see the tests' own target folder.
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let output = Command::new(env!("CARGO_BIN_EXE_chaos"))
        .args(["heal", "--dry-run", "--json"])
        .output()
        .unwrap();
    assert_eq!(all(), before);
    assert_eq!(output.status.code(), Some(4), "something is left");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = said["found"].as_array().unwrap();
    let own: Vec<&Value> = found.iter().filter(|f| f["project"] == tool.project.as_str()).collect();
    assert_eq!(own.len(), 7, "{said:#}");
    assert!(own.iter().all(|f| f["healed"] == false && f["run_dir"] == tool.folder.as_str()));
}

/// The owner's process id belongs to another process now: that is no living owner.
#[test]
fn labels_of_another_boot_or_without_an_owner_are_told_apart() {
    let bench = Bench::new();
    let start = |name: &str, labels: &[String]| {
        let labels = labels.iter().flat_map(|label| ["--label", label]);
        let arguments: Vec<&str> =
            ["volume", "create"].into_iter().chain(labels).chain([name]).collect();
        docker(&arguments);
    };
    let namespace = std::fs::metadata("/proc/self/ns/pid").unwrap();
    let namespace = std::os::unix::fs::MetadataExt::ino(&namespace);
    let own = [
        "chaos.managed=1".to_owned(),
        format!("chaos.project={}", bench.project),
        format!("chaos.owner.pid={}", std::process::id()),
        "chaos.owner.start=1".to_owned(),
        format!("chaos.owner.pidns={namespace}"),
        "chaos.boot=another".to_owned(),
    ];
    let names = ["boot", "nobody"].map(|part| format!("{}-{part}", bench.project));
    start(&names[0], &own);
    start(&names[1], &own[..2]);
    let mut found = survey(&bench.engine).unwrap();
    found.leftovers.retain(|l| l.project.as_ref() == Some(&bench.project));
    found.unjudged.retain(|line| line.contains(&bench.project));
    heal(&bench.engine, &found).unwrap();
    let left = docker(&["volume", "ls", "-q", "--filter", &format!("name={}", bench.project)]);
    docker(&["volume", "rm", &names[1]]);
    assert_eq!(found.leftovers.len(), 1, "{:?}", found.in_words());
    assert_eq!(found.unjudged.len(), 1, "{:?}", found.unjudged);
    assert_eq!(left, names[1]);
}
