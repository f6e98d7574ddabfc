//! `chaos filter`: drops packets in its network namespace, on requests from standard input. A run
//! starts it in a helper container; not for people.

use crate::exit::Exit;
use crate::netfilter::DropPoint;
use crate::netfilter::remote::Server;
use std::io::{self, Write, stderr, stdin, stdout};
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// It ends after so many seconds, whoever may still be there.
    #[arg(long)]
    ttl_s: u64,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    match serve(Duration::from_secs(arguments.ttl_s)) {
        Ok(()) => Exit::Pass,
        Err(error) => {
            // With stderr closed there is nobody to tell; the exit status still does.
            drop(writeln!(stderr(), "error: {error}"));
            Exit::Environment
        }
    }
}

fn serve(ttl: Duration) -> io::Result<()> {
    let server = Arc::new(Server::new(DropPoint::open("here", "nftables")?));
    let ending = Arc::clone(&server);
    std::thread::Builder::new().name("time to live".to_owned()).spawn(move || {
        std::thread::sleep(ttl);
        let exit = if ending.remove_all().is_ok() { Exit::Pass } else { Exit::Environment };
        std::process::exit(exit.code().into());
    })?;
    let served = server.serve(stdin().lock(), stdout().lock());
    // Whatever ended it: rules must not stay.
    server.remove_all().and(served)
}
