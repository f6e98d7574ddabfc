//! [`Forwarder`]: lets programs on the host reach brokers in their namespaces, for manual work with
//! a cluster. Plain TCP, two threads per connection.

use crate::runtime::Vantage;
use parking_lot::Mutex;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A broker in a namespace answers at once or is stopped; then the client should know.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// Forwards ports of 127.0.0.1; stops when it is dropped.
#[derive(Debug)]
pub struct Forwarder {
    shared: Arc<Shared>,
    ports: Vec<Listening>,
}

#[derive(Debug)]
struct Listening {
    address: SocketAddr,
    thread: Option<JoinHandle<io::Result<()>>>,
}

#[derive(Debug, Default)]
struct Shared {
    stopping: AtomicBool,
    connections: AtomicU64,
    /// Both ends of every connection that may still be open.
    open: Mutex<Vec<(u64, TcpStream, TcpStream)>>,
}

impl Forwarder {
    /// For each pair, listens on 127.0.0.1 at the port and connects to the address from the
    /// vantage's network namespace.
    pub fn start(vantage: &Vantage, pairs: &[(u16, SocketAddr)]) -> io::Result<Forwarder> {
        let mut forwarder = Forwarder { shared: Arc::default(), ports: Vec::new() };
        for (port, target) in pairs {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).map_err(|e| {
                io::Error::new(e.kind(), format!("listening on 127.0.0.1:{port}: {e}"))
            })?;
            let address = listener.local_addr()?;
            let (target, shared) = (*target, Arc::clone(&forwarder.shared));
            // The listener stays on the host's network; what this thread makes is inside.
            let accept = move || accept(&listener, target, &shared);
            let thread = vantage.spawn(&format!("forward-{port}"), accept)?;
            forwarder.ports.push(Listening { address, thread: Some(thread) });
        }
        Ok(forwarder)
    }

    /// Where it listens, in the order of the pairs.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.ports.iter().map(|port| port.address).collect()
    }

    /// Closes everything and waits for the listening threads.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        for port in &mut self.ports {
            // Wakes the thread from accept(); without a listener it is awake.
            drop(TcpStream::connect(port.address));
            if let Some(thread) = port.thread.take() {
                // A thread that failed has nothing left to close.
                drop(thread.join());
            }
        }
        for (_, outside, inside) in self.shared.open.lock().iter() {
            shut(outside);
            shut(inside);
        }
    }
}

fn accept(listener: &TcpListener, target: SocketAddr, shared: &Arc<Shared>) {
    loop {
        let accepted = listener.accept();
        if shared.stopping.load(Ordering::SeqCst) {
            return;
        }
        let number = shared.connections.fetch_add(1, Ordering::Relaxed);
        match accepted {
            Ok((outside, _)) => {
                let shared = Arc::clone(shared);
                let connection = std::thread::Builder::new().name("forward".to_owned());
                // Its client sees a connection that cannot be forwarded as closed.
                drop(connection.spawn(move || forward(&outside, target, number, &shared)));
            }
            // For example, too many descriptors; the next may succeed.
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

fn forward(
    outside: &TcpStream,
    target: SocketAddr,
    number: u64,
    shared: &Shared,
) -> io::Result<()> {
    let inside = TcpStream::connect_timeout(&target, CONNECT_WITHIN)?;
    outside.set_nodelay(true)?;
    inside.set_nodelay(true)?;
    shared.open.lock().push((number, outside.try_clone()?, inside.try_clone()?));
    // stop() reads the list after setting the flag, so one of the two is seen.
    if !shared.stopping.load(Ordering::SeqCst) {
        std::thread::scope(|scope| {
            scope.spawn(|| copy(outside, &inside));
            copy(&inside, outside);
        });
    }
    shared.open.lock().retain(|(n, _, _)| *n != number);
    Ok(())
}

/// Copies until one end closes or fails, then tells the other end.
fn copy(mut from: &TcpStream, mut to: &TcpStream) {
    match io::copy(&mut from, &mut to) {
        // The other direction may go on.
        Ok(_) => drop(to.shutdown(Shutdown::Write)),
        Err(_) => {
            shut(from);
            shut(to);
        }
    }
}

fn shut(stream: &TcpStream) {
    // It may be closed already.
    drop(stream.shutdown(Shutdown::Both));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    fn here() -> Vantage {
        Vantage { netns: None, brokers: Vec::new(), bootstrap: Vec::new() }
    }

    /// Echoes each connection's bytes until it is closed.
    fn echo() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                std::thread::spawn(move || {
                    io::copy(&mut &stream, &mut &stream).unwrap();
                    stream.shutdown(Shutdown::Write).unwrap();
                });
            }
        });
        address
    }

    #[test]
    fn bytes_go_both_ways_and_the_end_is_passed_on() {
        let forwarder = Forwarder::start(&here(), &[(0, echo()), (0, echo())]).unwrap();
        for address in forwarder.addresses() {
            let mut stream = TcpStream::connect(address).unwrap();
            let sent = vec![7u8; 300_000];
            let mut writer = stream.try_clone().unwrap();
            let bytes = sent.clone();
            let writing = std::thread::spawn(move || {
                writer.write_all(&bytes).unwrap();
                writer.shutdown(Shutdown::Write).unwrap();
            });
            let mut got = Vec::new();
            stream.read_to_end(&mut got).unwrap();
            writing.join().unwrap();
            assert_eq!(got, sent);
        }
        forwarder.stop();
    }

    #[test]
    fn stopping_closes_what_is_open_and_frees_the_port() {
        let forwarder = Forwarder::start(&here(), &[(0, echo())]).unwrap();
        let address = forwarder.addresses()[0];
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"x").unwrap();
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        forwarder.stop();
        assert_eq!(stream.read(&mut byte).unwrap(), 0, "closed");
        assert!(TcpStream::connect(address).is_err(), "nobody listens");
    }

    #[test]
    fn a_taken_port_is_an_error_that_names_it() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = Forwarder::start(&here(), &[(port, echo())]).unwrap_err();
        assert!(error.to_string().contains(&format!("127.0.0.1:{port}")), "{error}");
    }
}
