//! [`Watcher`]: asks every broker by itself, five times a second, and keeps what each said last.
//!
//! Metadata and DescribeQuorum have threads and connections of their own: a broker works on one
//! request of a connection at a time, and holds DescribeQuorum back while its way to the active
//! controller is blocked. When that controller is stopped, the way stays blocked until
//! `controller.socket.timeout.ms` (30 s by default) is over, long after another one was elected.
//! So where the controllers' own listeners can be reached, they are asked instead: only the active
//! one answers, and none has to wait for another.

use super::api::Ask;
use super::error::KafkaError;
use super::metadata;
use super::place::{Inside, spawn_inside};
use super::quorum::{self, Quorum};
use super::view::ClusterView;
use super::wire::Connection;
use crate::clock::Epoch;
use crate::event::Observation;
use crate::runtime::Vantage;
use kafka_protocol::messages::MetadataRequest;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Each broker is asked this often.
pub(crate) const TICK_US: u64 = 200_000;
/// A broker that has not answered a Metadata request after this does not answer.
pub(crate) const ANSWER_US: u64 = 400_000;
/// A connection without an answer for this long is replaced. Until then the one question waits in
/// it: new connections in between would fill a stopped broker's queue and stand in the clients'
/// way, and it is this question that is answered first when the broker wakes.
const CONNECTION_US: u64 = 5_000_000;
/// How long one wait for an answer lasts before the watcher's end is looked for.
const SLICE_US: u64 = 50_000;

/// Watches until it is stopped or dropped.
#[derive(Debug)]
pub(crate) struct Watcher {
    shared: Arc<Shared>,
    threads: Vec<Inside>,
}

#[derive(Debug)]
struct Shared {
    epoch: Epoch,
    state: Mutex<State>,
    stop: AtomicBool,
}

#[derive(Debug)]
struct State {
    view: ClusterView,
    /// Sent to while the view is locked, so that observations come in the order of their times.
    sink: Sender<Observation>,
}

impl Watcher {
    /// Begins to watch these topics (and any of them from when it is made) from inside the
    /// vantage's namespace. Changes go to `sink` with times of `epoch`'s clock; when its receiver
    /// is gone they are only kept in the view.
    ///
    /// `controllers` are the nodes that may become the active controller, by `node.id`, with
    /// their CONTROLLER listeners. Without any, brokers are asked for the active controller, and
    /// may learn of a new one late.
    ///
    /// # Errors
    /// When a thread cannot be made or the namespace cannot be entered.
    pub(crate) fn start(
        vantage: &Vantage,
        controllers: &[(i32, SocketAddr)],
        topics: &[String],
        epoch: Epoch,
        sink: Sender<Observation>,
    ) -> io::Result<Watcher> {
        let state = Mutex::new(State { view: ClusterView::default(), sink });
        let shared = Arc::new(Shared { epoch, state, stop: AtomicBool::new(false) });
        let mut watcher = Watcher { shared, threads: Vec::new() };
        for (beat, &(broker, addr)) in Beat::spread(vantage.brokers.len()).zip(&vantage.brokers) {
            let (shared, request) = (Arc::clone(&watcher.shared), metadata::request(topics));
            let work = move || shared.watch_metadata(broker, addr, beat, &request);
            let name = format!("kafka-watch-{broker}");
            watcher.threads.push(spawn_inside(vantage, &name, work)?);
        }
        let (nodes, way) = match controllers {
            [] => (vantage.brokers.as_slice(), Way::ThroughBroker),
            controllers => (controllers, Way::Direct),
        };
        for (beat, &(node, addr)) in Beat::spread(nodes.len()).zip(nodes) {
            let shared = Arc::clone(&watcher.shared);
            let work = move || shared.watch_quorum(node, addr, way, beat);
            let name = format!("kafka-quorum-{node}");
            watcher.threads.push(spawn_inside(vantage, &name, work)?);
        }
        Ok(watcher)
    }

    /// What each broker said last; times are of the clock that the watcher was started with.
    pub(crate) fn view(&self) -> ClusterView {
        let state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.view.clone()
    }

    fn end(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        for thread in &self.threads {
            thread.wake();
        }
        for thread in self.threads.drain(..) {
            thread.join();
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // After a panic the threads are told to end, but not waited for: one of them may be the
        // cause, and its panic must not end the process here.
        if std::thread::panicking() {
            self.shared.stop.store(true, Ordering::Relaxed);
        } else {
            self.end();
        }
    }
}

impl Shared {
    fn watch_metadata(&self, broker: i32, addr: SocketAddr, beat: Beat, request: &MetadataRequest) {
        let mut asker = Asker::new(addr);
        while !self.stopped() {
            match asker.turn(self, request) {
                Turn::Said { answer, asked_us } => {
                    let metadata = answer.into();
                    self.note(|view, now_us| view.heard(broker, &metadata, asked_us, now_us));
                    self.rest(beat);
                }
                Turn::Waiting { asked_us } => self.note(|view, now_us| {
                    let after_ms = now_us.saturating_sub(asked_us) / 1000;
                    view.silent(broker, now_us, &format!("no answer for {after_ms} ms"))
                }),
                Turn::Broken(error) => {
                    self.note(|view, now_us| view.silent(broker, now_us, &error.to_string()));
                    self.rest(beat);
                }
                Turn::Stopped => return,
            }
        }
    }

    fn watch_quorum(&self, node: i32, addr: SocketAddr, way: Way, beat: Beat) {
        let request = quorum::request();
        let mut asker = Asker::new(addr);
        while !self.stopped() {
            match asker.turn(self, &request) {
                Turn::Said { answer, asked_us } => {
                    self.note(|view, now_us| match Quorum::try_from(&answer) {
                        Ok(quorum) => view.heard_quorum(node, quorum, asked_us, now_us),
                        // It is not, or does not reach, the active controller. That is worth a
                        // word only from one that was, or did.
                        Err(_) => view.quorum_lost(node, now_us),
                    });
                    self.rest(beat);
                }
                Turn::Waiting { asked_us } => match way {
                    Way::ThroughBroker => {
                        self.note(|view, now_us| view.quorum_unanswered(node, asked_us, now_us));
                    }
                    // A controller that is stopped or gone says nothing of who leads.
                    Way::Direct => {}
                },
                // Whether the broker can be reached is what the other connection tells.
                Turn::Broken(_) => self.rest(beat),
                Turn::Stopped => return,
            }
        }
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Changes the view at the present time and passes on what changed by it.
    fn note<C: IntoIterator<Item = Observation>>(
        &self,
        change: impl FnOnce(&mut ClusterView, u64) -> C,
    ) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now_us = self.epoch.elapsed_us();
        for observation in change(&mut state.view, now_us) {
            if state.sink.send(observation).is_err() {
                // Nobody listens any more; whoever asks still finds it in the view.
                break;
            }
        }
    }

    /// Sleeps until the next beat, or until woken to stop.
    fn rest(&self, beat: Beat) {
        let next_us = beat.next_us(self.epoch.elapsed_us());
        while !self.stopped() {
            let left = self.epoch.until_us(next_us);
            if left.is_zero() {
                return;
            }
            std::thread::park_timeout(left);
        }
    }
}

/// Who answers DescribeQuorum.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// The active controller, through the broker that is asked.
    ThroughBroker,
    /// The controller that is asked, if it is the active one.
    Direct,
}

/// Fixed points in time, one every [`TICK_US`]: a late one does not move those after it.
#[derive(Clone, Copy, Debug)]
struct Beat {
    phase_us: u64,
}

impl Beat {
    /// One for each of so many nodes. They are asked one after another within a tick, so that
    /// together they show a change sooner than each alone, and no burst meets the cluster.
    fn spread(nodes: usize) -> impl Iterator<Item = Beat> {
        let nodes = nodes.max(1) as u64;
        (0..nodes).map(move |index| Beat { phase_us: TICK_US * index / nodes })
    }

    /// The first beat after `now_us`.
    fn next_us(self, now_us: u64) -> u64 {
        if now_us < self.phase_us {
            return self.phase_us;
        }
        self.phase_us + ((now_us - self.phase_us) / TICK_US + 1) * TICK_US
    }
}

/// One kept connection to a broker, with at most one question in it.
struct Asker {
    addr: SocketAddr,
    connection: Option<Connection>,
    asked_us: Option<u64>,
}

/// How a turn of an [`Asker`] ended.
enum Turn<T> {
    /// An answer came.
    Said { answer: T, asked_us: u64 },
    /// None came in time; the question stays in the connection for the next turn.
    Waiting { asked_us: u64 },
    /// There is no connection, or there is none any more.
    Broken(KafkaError),
    /// The watch was ended.
    Stopped,
}

impl Asker {
    fn new(addr: SocketAddr) -> Asker {
        Asker { addr, connection: None, asked_us: None }
    }

    /// Asks, unless a question is waiting, and waits: [`ANSWER_US`] for a new question, a tick
    /// more for an old one.
    fn turn<A: Ask>(&mut self, shared: &Shared, request: &A) -> Turn<A::Answer> {
        let (connection, asked_us) = match self.ready(shared, request) {
            Ok(ready) => ready,
            Err(error) => {
                self.drop_connection();
                return Turn::Broken(error);
            }
        };
        let now_us = shared.epoch.elapsed_us();
        let in_time_us = asked_us + ANSWER_US;
        let until_us = if now_us < in_time_us { in_time_us } else { now_us + TICK_US };
        loop {
            if shared.stopped() {
                return Turn::Stopped;
            }
            let left = shared.epoch.until_us(until_us);
            if left.is_zero() {
                break;
            }
            match connection.answer::<A>(left.min(Duration::from_micros(SLICE_US))) {
                Ok(Some(answer)) => {
                    self.asked_us = None;
                    return Turn::Said { answer, asked_us };
                }
                Ok(None) => {}
                Err(error) => {
                    // The broker died or restarted. The next turn finds out which.
                    self.drop_connection();
                    return Turn::Broken(error);
                }
            }
        }
        if until_us >= asked_us + CONNECTION_US {
            self.drop_connection();
        }
        Turn::Waiting { asked_us }
    }

    /// The connection with a question in it, and when that was asked.
    fn ready<A: Ask>(
        &mut self,
        shared: &Shared,
        request: &A,
    ) -> Result<(&mut Connection, u64), KafkaError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(Connection::open(self.addr, Duration::from_micros(ANSWER_US))?),
        };
        let asked_us = match self.asked_us {
            Some(asked_us) => asked_us,
            None => {
                // Read before the request leaves: the answer is true at some time after this.
                let asked_us = shared.epoch.elapsed_us();
                connection.ask(request)?;
                *self.asked_us.insert(asked_us)
            }
        };
        Ok((connection, asked_us))
    }

    fn drop_connection(&mut self) {
        self.connection = None;
        self.asked_us = None;
    }
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
