//! Runs a script whose processes all end with this tool, however it ends: a watcher in their
//! process group reads a pipe that only this process can write to.

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

const POLL: Duration = Duration::from_millis(50);

/// End of file on standard input means that the tool is gone; then the whole group is killed.
const WATCHED: &str = "exec 3<&0 </dev/null
{ read -r _ <&3; kill -s KILL 0; } >/dev/null 2>&1 &
watcher=$!
\"$@\" 3<&-
status=$?
kill $watcher
exit $status";

/// Runs `program` with arguments and extra environment, and passes each line of its output to
/// `line`. Kills it with all its children as soon as `wanted` returns false; the error is then
/// `Interrupted`.
pub(super) fn run(
    program: &str,
    arguments: &[&OsStr],
    environment: &[(&str, &OsStr)],
    wanted: &dyn Fn() -> bool,
    line: &mut dyn FnMut(&str),
) -> io::Result<ExitStatus> {
    let (reader, writer) = io::pipe()?;
    let mut command = Command::new("sh");
    command.args(["-c", WATCHED, "sh", program]).args(arguments);
    command.envs(environment.iter().copied()).process_group(0);
    command.stdin(Stdio::piped()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn()?;
    // Dropping the command closes our ends of the pipe: the reader sees when the children's ends
    // close.
    drop(command);
    let (sender, lines) = mpsc::channel();
    let said = std::thread::Builder::new().name("output".into()).spawn(move || {
        for line in BufReader::new(reader).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
        }
    })?;
    let group = Pid::from_raw(child.id() as i32);
    let interrupted = loop {
        match lines.recv_timeout(POLL) {
            Ok(text) => line(&text),
            Err(RecvTimeoutError::Disconnected) => break false,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if !wanted() {
            killpg(group, Signal::SIGKILL)?;
            break true;
        }
    };
    // Waiting closes standard input, which was open until here.
    let status = child.wait()?;
    drop(lines);
    // The thread only sends lines; its panic is ours.
    said.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    if interrupted {
        return Err(io::Error::new(io::ErrorKind::Interrupted, "interrupted"));
    }
    Ok(status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn shell(script: &str, wanted: &dyn Fn() -> bool) -> (io::Result<ExitStatus>, Vec<String>) {
        let mut said = Vec::new();
        let arguments = [OsStr::new("-c"), OsStr::new(script)];
        let environment = [("ANSWER", OsStr::new("42"))];
        let status =
            run("sh", &arguments, &environment, wanted, &mut |line| said.push(line.to_owned()));
        (status, said)
    }

    #[test]
    fn lines_and_the_status_arrive_and_nothing_else_is_waited_for() {
        let begun = Instant::now();
        let (status, said) = shell("echo $ANSWER; echo two >&2; exit 3", &|| true);
        assert_eq!(status.unwrap().code(), Some(3));
        assert_eq!(said, ["42", "two"]);
        assert!(begun.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn what_is_not_wanted_goes_with_its_children() {
        let begun = Instant::now();
        let (status, said) = shell("sleep 60 & echo $!; wait", &|| begun.elapsed().as_secs() < 1);
        assert_eq!(status.unwrap_err().kind(), io::ErrorKind::Interrupted);
        assert!(begun.elapsed() < Duration::from_secs(30));
        // A killed process takes time to die, and its new parent time to reap it.
        let path = format!("/proc/{}/stat", said[0]);
        let lives = || std::fs::read_to_string(&path).is_ok_and(|stat| !stat.contains(") Z "));
        while lives() {
            assert!(begun.elapsed() < Duration::from_secs(30), "{said:?} lives");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
