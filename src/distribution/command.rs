//! Runs a short-lived program to its end, with a time limit, and keeps its output.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// No program here prints more; the rest is dropped.
const OUTPUT_BYTES_MAX: u64 = 16 << 20;
/// How long output may still come after the program's end, from a child that it left behind.
const AFTERWARDS: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_millis(5);

/// A program that ended or was killed.
#[derive(Debug)]
pub(super) struct Finished {
    /// It ended with exit status 0.
    pub success: bool,
    /// How it ended, in words.
    pub status: String,
    /// Standard output and standard error, interleaved.
    pub output: String,
}

impl Finished {
    /// The last non-empty lines, at most `lines`.
    pub(super) fn tail(&self, lines: usize) -> String {
        tail(self.output.lines(), lines)
    }
}

/// The last `count` non-empty lines, indented and truncated to a few screen rows.
pub(super) fn tail<'a>(lines: impl Iterator<Item = &'a str>, count: usize) -> String {
    const CHARS_MAX: usize = 400;
    let kept: Vec<&str> = lines.filter(|line| !line.trim().is_empty()).collect();
    let shown = kept[kept.len().saturating_sub(count)..]
        .iter()
        .map(|line| format!("    {}", line.chars().take(CHARS_MAX).collect::<String>()));
    shown.collect::<Vec<_>>().join("\n")
}

/// Starts a command. The function decides what happens to it when this process dies.
type Spawn = dyn Fn(Command) -> io::Result<Child> + Send + Sync;
/// Whether what was started is still wanted.
type Wanted = dyn Fn() -> bool + Send + Sync;

/// How programs are started, and when they are killed.
#[derive(Clone)]
pub struct Launcher {
    spawn: Arc<Spawn>,
    wanted: Arc<Wanted>,
}

impl Launcher {
    /// Starts programs with `spawn` and kills them once `wanted` returns false.
    pub fn new(
        spawn: impl Fn(Command) -> io::Result<Child> + Send + Sync + 'static,
        wanted: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Self {
        Launcher { spawn: Arc::new(spawn), wanted: Arc::new(wanted) }
    }
}

impl Default for Launcher {
    /// Plain children of this process, always wanted.
    fn default() -> Self {
        Launcher::new(|mut command| command.spawn(), || true)
    }
}

impl fmt::Debug for Launcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Launcher")
    }
}

/// Runs `command` without input; kills it after `limit`.
pub(super) fn run(launcher: &Launcher, command: Command, limit: Duration) -> io::Result<Finished> {
    run_heard(launcher, command, limit, &mut |_| {})
}

/// The same, with each line that it says given to `heard` when it comes.
pub(super) fn run_heard(
    launcher: &Launcher,
    mut command: Command,
    limit: Duration,
    heard: &mut dyn FnMut(&str),
) -> io::Result<Finished> {
    let (mut reader, writer) = io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    // Dropping the command closes our ends of the pipe: the reader sees when the program's end
    // closes.
    let mut child = (launcher.spawn)(command)?;
    let (sender, said) = mpsc::channel();
    thread::Builder::new().name("output".into()).spawn(move || {
        let lines = BufReader::new((&mut reader).take(OUTPUT_BYTES_MAX)).split(b'\n');
        for line in lines {
            let failed = line.is_err();
            // Nobody listens after the time limit.
            if sender.send(line).is_err() || failed {
                break;
            }
        }
        let _ = io::copy(&mut reader, &mut io::sink());
    })?;
    let mut output = String::new();
    let mut take = |line: Vec<u8>| {
        let line = String::from_utf8_lossy(&line);
        heard(&line);
        output.push_str(&line);
        output.push('\n');
    };
    let started = Instant::now();
    let status = loop {
        match said.recv_timeout(POLL) {
            Ok(line) => take(line?),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => thread::sleep(POLL),
        }
        if let Some(status) = child.try_wait()? {
            break Some(Ok(status));
        }
        let in_time = started.elapsed() < limit;
        if !in_time || !(launcher.wanted)() {
            child.kill()?;
            child.wait()?;
            break if in_time { Some(Err("interrupted")) } else { None };
        }
    };
    let until = Instant::now() + AFTERWARDS;
    while let Ok(line) = said.recv_timeout(until.saturating_duration_since(Instant::now())) {
        take(line?);
    }
    Ok(Finished {
        success: matches!(status, Some(Ok(status)) if status.success()),
        status: match status {
            Some(Ok(status)) => status.to_string(),
            Some(Err(interrupted)) => interrupted.to_owned(),
            None => format!("killed after {} s without an end", limit.as_secs()),
        },
        output,
    })
}

/// An executable shell script. Another process writes it: a program that another test starts
/// meanwhile could inherit our open descriptor, and a file that is open for writing cannot be
/// executed.
#[cfg(test)]
pub(super) fn fake_program(
    folder: &std::path::Path,
    name: &str,
    script: &str,
) -> std::path::PathBuf {
    let program = folder.join(name);
    let write = r#"mkdir -p "$1" && printf '#!/bin/sh\n%s\n' "$3" > "$1/$2" && chmod 755 "$1/$2""#;
    let mut shell = Command::new("sh");
    shell.args(["-c", write, "sh"]).arg(folder).arg(name).arg(script);
    assert!(shell.status().is_ok_and(|status| status.success()), "{} not made", program.display());
    program
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Finished {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        run(&Launcher::default(), command, limit).unwrap()
    }

    #[test]
    fn both_streams_and_the_status_are_kept() {
        let finished = shell("echo out; echo err >&2; exit 3", Duration::from_secs(10));
        assert!(!finished.success);
        assert_eq!(finished.status, "exit status: 3");
        assert_eq!(finished.output, "out\nerr\n");
    }

    #[test]
    fn a_program_that_does_not_end_is_killed_at_its_limit() {
        let started = Instant::now();
        let finished = shell("exec sleep 60", Duration::from_millis(100));
        assert!(!finished.success && finished.status.contains("killed"), "{finished:?}");
        assert!(started.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn a_program_that_is_not_wanted_any_more_is_killed() {
        let mut command = Command::new("sleep");
        command.arg("60");
        let launcher = Launcher::new(|mut command| command.spawn(), || false);
        let finished = run(&launcher, command, Duration::from_secs(60)).unwrap();
        assert!(!finished.success);
        assert_eq!(finished.status, "interrupted");
    }

    #[test]
    fn the_tail_skips_empty_lines() {
        assert_eq!(tail("a\nb\n\nc\n".lines(), 2), "    b\n    c");
    }
}
