//! Packets dropped in a node's own network namespace, as in containers, and tables that go with the
//! process that made them.

use crate::world::{SILENCE, between, cluster, echoes, enter, node, reaches, wait_until};
use kafka_chaos::testing::netfilter::{DropPoint, DropRule, Hook};
use kafka_chaos::testing::runtime::{Vantage, port};
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

pub fn is_cut_there() {
    let host = enter();
    let cluster = cluster(&host);
    let (a, b, c) = (node(&cluster, 0), node(&cluster, 1), node(&cluster, 2));
    let point = DropPoint::open_in(a.netns.as_ref().unwrap(), "broker-0", "nftables").unwrap();
    let open = |hook| DropRule { hook, src: None, dst: None, port: None };

    // What arrives from b is dropped, so b's answers are, too; c is not affected.
    point.install("arrival", &[DropRule { src: b.address, ..open(Hook::Input) }]).unwrap();
    assert!(!reaches(&a, &b, port::CLIENT).unwrap() && !reaches(&b, &a, port::CLIENT).unwrap());
    assert!(reaches(&c, &a, port::CLIENT).unwrap() && reaches(&a, &c, port::CLIENT).unwrap());
    assert!(point.dropped("arrival").unwrap()[0].packets >= 2);
    assert_eq!(cluster.hub().tables().unwrap(), [""; 0], "the hub knows nothing of it");
    point.remove("arrival").unwrap();
    assert!(reaches(&a, &b, port::CLIENT).unwrap() && reaches(&b, &a, port::CLIENT).unwrap());

    // One listener, whoever uses it, in both directions.
    let listener = |hook| DropRule { port: Some(port::CLIENT), ..open(hook) };
    let held = between(&c, &a, port::CLIENT).unwrap();
    point.install("listener", &[listener(Hook::Input), listener(Hook::Output)]).unwrap();
    assert!(!echoes(&held, SILENCE).unwrap(), "an established connection is cut, unknowing");
    for other in [&b, &c] {
        assert!(!reaches(other, &a, port::CLIENT).unwrap());
        assert!(!reaches(&a, other, port::CLIENT).unwrap(), "its own requests to that port, too");
        for port in [port::REPLICATION, port::CONTROLLER] {
            assert!(reaches(other, &a, port).unwrap() && reaches(&a, other, port).unwrap());
        }
    }
    let dropped = point.dropped("listener").unwrap();
    assert!(dropped.len() == 2 && dropped.iter().all(|d| d.packets > 0), "{dropped:?}");
    drop(point);
    assert!(
        reaches(&b, &a, port::CLIENT).unwrap(),
        "a point that is dropped takes its rules along"
    );
}

/// A second process in node 0's namespace makes a table and is killed. The kernel drops an ordinary
/// user's rights when a program is started: there it is a second socket, closed.
pub fn tables_go_with_their_process() {
    let host = enter();
    let cluster = cluster(&host);
    let (a, b) = (node(&cluster, 0), node(&cluster, 1));
    let own = DropPoint::open_in(a.netns.as_ref().unwrap(), "broker-0", "nftables").unwrap();
    let from_b = DropRule { hook: Hook::Input, src: b.address, dst: None, port: None };
    own.install("own", &[]).unwrap();
    assert!(own.is_bound_to_this_process("own").unwrap(), "Linux 5.12 or newer");

    let netns = Arc::clone(a.netns.as_ref().unwrap());
    let end_other: Box<dyn FnOnce()> = if nix::unistd::geteuid().is_root() {
        let mut other = other_process(&netns, &from_b);
        Box::new(move || {
            other.kill().unwrap();
            other.wait().unwrap();
        })
    } else {
        let other = DropPoint::open_in(&netns, "broker-0", "nftables").unwrap();
        other.install("others", &[from_b]).unwrap();
        Box::new(move || drop(other))
    };
    let mut tables = own.tables().unwrap();
    tables.sort();
    assert_eq!(tables, ["others", "own"], "tables of other processes can be seen");
    assert!(!own.is_bound_to_this_process("others").unwrap());
    assert_eq!(own.dropped("others").unwrap().len(), 1, "and their counters read");
    let refused = own.remove("others").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::PermissionDenied, "but they are not ours: {refused}");
    assert!(!reaches(&b, &a, port::CLIENT).unwrap());

    end_other();
    wait_until("its table is gone", || own.tables().unwrap() == ["own"]);
    assert!(reaches(&b, &a, port::CLIENT).unwrap());
    let missing = own.is_bound_to_this_process("others").unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
}

/// This program again, in that network namespace, with the table `others` of this rule; it waits.
fn other_process(netns: &Arc<File>, rule: &DropRule) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--inside", "hold_a_table"]).stdout(Stdio::piped()).stdin(Stdio::piped());
    command.env("RULE", serde_json::to_string(rule).unwrap());
    let place = Vantage { netns: Some(Arc::clone(netns)), brokers: vec![], bootstrap: vec![] };
    let mut child = place.run("other process", move || command.spawn().unwrap()).unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "HOLDING\n");
    child
}

pub fn hold_a_table() {
    let rule = serde_json::from_str(&std::env::var("RULE").unwrap()).unwrap();
    let point = DropPoint::open("here", "nftables").unwrap();
    point.install("others", &[rule]).unwrap();
    println!("HOLDING");
    // Until this process is killed, or its parent is gone.
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}
