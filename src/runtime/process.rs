//! [`Process`]: a process as `/proc` knows it.

use std::fs;

/// A process, told apart from a later one with the same id by its start time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its id, as this process sees it.
    pub pid: i32,
    /// When it was started: clock ticks since the machine's own start.
    pub start_ticks: u64,
}

impl Process {
    /// The living process with this id, if there is one.
    pub fn find(pid: i32) -> Option<Process> {
        Some(Process { pid, start_ticks: start_ticks(pid)? })
    }

    /// Whether it still exists (a zombie does not).
    pub fn lives(self) -> bool {
        start_ticks(self.pid) == Some(self.start_ticks)
    }

    /// The state of its first thread, of `proc(5)`; `None` when it is gone. Signals stop and wake
    /// all threads of a process together, so `T` says that it is stopped.
    pub fn state(self) -> Option<char> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).ok()?;
        (living_since(&stat) == Some(self.start_ticks)).then(|| state_of(&stat))?
    }

    /// How many threads it has, if every one of them is in this state (`T` is stopped, `D`
    /// frozen). Looks no further than the first that is not, so that it may be asked often.
    pub fn all_in(self, state: char) -> Option<usize> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.pid)).ok()?;
        let mut threads = 0;
        for task in tasks.flatten() {
            // A thread that has ended meanwhile is in no state.
            let Ok(stat) = fs::read_to_string(task.path().join("stat")) else { continue };
            if state_of(&stat)? != state {
                return None;
            }
            threads += 1;
        }
        (threads > 0).then_some(threads)
    }

    /// Whether every thread of it is in this state.
    pub fn is_all_in(self, state: char) -> bool {
        self.all_in(state).is_some()
    }
}

/// A process's number in the innermost PID namespace that it lives in; `None` when it is gone.
pub(super) fn innermost_pid(pid: i32) -> Option<i32> {
    last_ns_pid(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

/// `NSpid` of `/proc/PID/status` has its numbers from the outermost to the innermost namespace.
fn last_ns_pid(status: &str) -> Option<i32> {
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
    numbers.split_whitespace().next_back()?.parse().ok()
}

/// Field 3 of `/proc/PID/stat`: the first after the name, which may hold anything, `)` too.
fn state_of(stat: &str) -> Option<char> {
    stat.rsplit_once(") ")?.1.chars().next()
}

/// Field 22 of `/proc/PID/stat`; `None` for a process that is gone or a zombie (proc(5)).
fn start_ticks(pid: i32) -> Option<u64> {
    living_since(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

fn living_since(stat: &str) -> Option<u64> {
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    (!matches!(fields.first(), Some(&"Z" | &"X"))).then_some(())?;
    fields.get(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    use std::process::Command;

    #[test]
    fn a_name_with_parentheses_does_not_hide_the_state() {
        assert_eq!(state_of("7 (a) b) T 1 7"), Some('T'));
        assert_eq!(state_of("nonsense"), None);
    }

    #[test]
    fn the_innermost_number_is_the_last_one() {
        assert_eq!(last_ns_pid("Pid:\t1234\nNSpid:\t1234\t57\t3\nNSsid:\t1\t1\t1\n"), Some(3));
        assert_eq!(last_ns_pid("Pid:\t1234\nNSpid:\t1234\n"), Some(1234));
        assert_eq!(last_ns_pid("Pid:\t1234\n"), None);
        assert!(innermost_pid(std::process::id() as i32).is_some());
    }

    #[test]
    fn a_process_is_seen_running_stopped_and_gone() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let process = Process::find(child.id() as i32).unwrap();
        assert!(process.lives() && !process.is_all_in('T'));
        kill(Pid::from_raw(process.pid), Signal::SIGSTOP).unwrap();
        while !process.is_all_in('T') {
            std::thread::yield_now();
        }
        assert_eq!(process.all_in('T'), Some(1));
        assert_eq!(process.state(), Some('T'));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!process.lives() && !process.is_all_in('T') && process.state().is_none());
    }

    #[test]
    fn another_process_with_the_same_id_is_not_taken_for_it() {
        let own = Process::find(std::process::id() as i32).unwrap();
        assert!(!Process { start_ticks: own.start_ticks + 1, ..own }.lives());
    }
}
