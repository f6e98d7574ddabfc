//! The local runtime on this machine's kernel: namespaces, dropped packets, processes that come and
//! go, and what is left when the tool is killed. Nodes are this very program, playing Kafka.
//!
//! `Host::enter` needs a process without threads, so there is no test harness: every case is a
//! separate process. As root each case runs three times: with and without a user namespace, and as
//! an ordinary user.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "local_runtime/cases.rs"]
mod cases;
#[path = "local_runtime/fake_kafka.rs"]
mod fake_kafka;
#[path = "local_runtime/outside.rs"]
mod outside;
#[path = "local_runtime/own_namespace.rs"]
mod own_namespace;
#[path = "local_runtime/world.rs"]
mod world;

use outside::{Level, Outside};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

type OutsideCase = fn(&Outside);

/// Cases that watch a tool from outside.
const OUTSIDE: [(&str, OutsideCase); 5] = [
    ("two_tools_side_by_side_do_not_see_each_other", outside::two_tools_side_by_side),
    ("nothing_survives_a_killed_tool", outside::nothing_survives_a_killed_tool),
    ("nothing_survives_a_tool_killed_while_starting", outside::killed_while_starting),
    ("a_folder_left_behind_is_removed_by_the_next_tool", outside::a_folder_left_behind),
    ("ignored_and_blocked_signals_are_not_inherited", outside::signals_are_not_inherited),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|a| a == "kafka.Kafka") {
        fake_kafka::serve(arguments.last().expect("the properties file comes last"));
    }
    if let [flag, case] = arguments.as_slice()
        && flag == "--inside"
    {
        cases::run(case);
        return ExitCode::SUCCESS;
    }
    let has = |flag: &str| arguments.iter().any(|a| a == flag);
    let filter = arguments.iter().find(|a| !a.starts_with('-'));
    let wanted = |name: &String| match filter {
        Some(filter) if has("--exact") => name == filter,
        Some(filter) => name.contains(filter.as_str()),
        None => true,
    };
    let all: Vec<(String, Level, &str)> = Level::all().into_iter().flat_map(of_level).collect();
    let chosen = all.into_iter().filter(|(name, ..)| wanted(name));
    if has("--list") {
        // None is ignored, so the list of those is empty.
        for (name, ..) in chosen.filter(|_| !has("--ignored")) {
            println!("{name}: test");
        }
        return ExitCode::SUCCESS;
    }
    run_all(chosen)
}

fn of_level(level: Level) -> Vec<(String, Level, &'static str)> {
    let inside = cases::ALL.iter().map(|(name, _)| *name);
    let outside = OUTSIDE.iter().map(|(name, _)| *name);
    inside.chain(outside).map(|case| (format!("{}::{case}", level.name()), level, case)).collect()
}

/// The levels run beside each other, since their cases mostly wait for packets that were dropped.
fn run_all<'a>(chosen: impl Iterator<Item = (String, Level, &'a str)>) -> ExitCode {
    let chosen: Vec<_> = chosen.collect();
    let ended = std::thread::scope(|scope| {
        let of = |level| chosen.iter().filter(move |(_, own, _)| *own == level);
        let runs: Vec<_> = Level::all()
            .into_iter()
            .map(|level| scope.spawn(move || run_each(of(level))))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect::<Vec<_>>()
    });
    let (passed, failed) = ended.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    println!("{passed} passed, {failed} failed");
    ExitCode::from(u8::from(failed > 0))
}

/// How many passed, and how many failed.
fn run_each<'a>(chosen: impl Iterator<Item = &'a (String, Level, &'a str)>) -> (u32, u32) {
    let (mut passed, mut failed) = (0, 0);
    for &(ref name, level, case) in chosen {
        let start = Instant::now();
        let ended = catch_unwind(AssertUnwindSafe(|| {
            let outside = Outside::new(level);
            match OUTSIDE.iter().find(|(known, _)| *known == case) {
                Some((_, run)) => run(&outside),
                None => outside.passes(case),
            }
            outside.check_nothing_left();
        }));
        let seconds = start.elapsed().as_secs_f64();
        if ended.is_ok() {
            passed += 1;
            println!("ok      {name} ({seconds:.2} s)");
        } else {
            failed += 1;
            println!("FAILED  {name} ({seconds:.2} s)");
        }
    }
    (passed, failed)
}
