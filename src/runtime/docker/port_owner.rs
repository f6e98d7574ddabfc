//! Who has a TCP port of this machine: sockets by `/proc/net/tcp`, their processes by
//! `/proc/PID/fd`.

use std::fs;
use std::path::Path;

const LISTEN: &str = "0A";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Socket {
    inode: u64,
    user: u32,
    listens: bool,
}

/// Who holds a port that could not be bound on 127.0.0.1, in words.
pub(super) fn of_port(port: u16) -> Option<String> {
    let table = |path| fs::read_to_string(path).unwrap_or_default();
    let mut sockets = sockets(&table("/proc/net/tcp"), port);
    sockets.extend(self::sockets(&table("/proc/net/tcp6"), port));
    // A listening socket is the most likely reason.
    sockets.sort_by_key(|socket| !socket.listens);
    let socket = sockets.first()?;
    Some(match process_with(socket.inode) {
        Some(pid) => format!("process {pid} ({})", command(pid)),
        None => format!("a process of user {}, which this user may not look into", socket.user),
    })
}

/// Lines look like `0: 0100007F:2710 00000000:0000 0A 0:0 0:0 0 1000 0 12345 …` (proc(5)).
fn sockets(table: &str, port: u16) -> Vec<Socket> {
    let parse = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (_, own) = fields.get(1)?.rsplit_once(':')?;
        (u16::from_str_radix(own, 16).ok()? == port).then_some(())?;
        let (user, inode) = (fields.get(7)?.parse().ok()?, fields.get(9)?.parse().ok()?);
        // Without an inode it waits for its last packets, and no process holds it.
        (inode != 0).then(|| Socket { inode, user, listens: fields[3] == LISTEN })
    };
    table.lines().skip(1).filter_map(parse).collect()
}

fn process_with(inode: u64) -> Option<i32> {
    let wanted = format!("socket:[{inode}]");
    let has = |pid: i32| {
        let Ok(open) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
        open.flatten().any(|fd| fs::read_link(fd.path()).is_ok_and(|to| to == Path::new(&wanted)))
    };
    all_processes().into_iter().find(|pid| has(*pid))
}

/// The ids of all visible processes.
pub(super) fn all_processes() -> Vec<i32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// A process's command line, truncated.
pub(super) fn command(pid: i32) -> String {
    const SHOWN_MAX: usize = 80;
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = String::from_utf8_lossy(&line).replace(['\0', '\n'], " ");
    let words = words.trim();
    if words.is_empty() {
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        return name.trim().to_owned();
    }
    match words.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, TcpListener};

    #[test]
    fn sockets_of_a_port_are_found_in_the_table() {
        let table = "  sl  local_address rem_address   st\n\
             0: 0100007F:2710 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1000 0 11 1\n\
             1: 0100007F:2711 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1000 0 12 1\n\
             2: 0100007F:2710 0100007F:0016 06 00000000:00000000 00:00000000 00000000 0 0 0 1\n\
             3: 0100007F:2710 0100007F:0016 01 00000000:00000000 00:00000000 00000000 0 0 13 1\n";
        let found = sockets(table, 10_000);
        assert_eq!(
            found,
            [
                Socket { inode: 11, user: 1000, listens: true },
                Socket { inode: 13, user: 0, listens: false }
            ]
        );
        assert!(sockets(table, 10_002).is_empty());
    }

    #[test]
    fn this_process_is_named_for_a_port_that_it_holds() {
        let held = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let words = of_port(held.local_addr().unwrap().port()).unwrap();
        assert!(words.starts_with(&format!("process {} (", std::process::id())), "{words}");
    }

    #[test]
    fn a_long_command_line_stays_one_line() {
        let mut long = std::process::Command::new("sh")
            // Two commands, because a shell may become its last one.
            .args(["-c", &format!("sleep 60; : {}", "x".repeat(200))])
            .spawn()
            .unwrap();
        // At first it is this program, then a name without arguments.
        while !command(long.id() as i32).starts_with("sh -c") {
            std::thread::yield_now();
        }
        let words = command(long.id() as i32);
        long.kill().unwrap();
        long.wait().unwrap();
        assert!(words.starts_with("sh -c sleep 60") && words.ends_with('…'), "{words}");
    }
}
