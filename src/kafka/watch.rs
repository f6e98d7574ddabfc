//! [`Watcher`]: asks every broker separately, five times per second, and keeps each one's last
//! answer.
//!
//! Metadata and DescribeQuorum have separate threads and connections: a broker handles one request
//! per connection at a time, and holds DescribeQuorum back while its way to the active controller
//! is blocked. If that controller is stopped, the way stays blocked for
//! `controller.socket.timeout.ms` (30 s by default), long after another one was elected. So if the
//! controllers' own listeners are reachable, they are asked instead: only the active one answers,
//! and none waits for another.

mod asker;
mod beat;

use super::metadata;
use super::namespace_thread::{NamespaceThread, spawn_inside};
use super::quorum::{self, Quorum};
use super::view::ClusterView;
use crate::clock::Epoch;
use crate::event::Observation;
use crate::runtime::Vantage;
use asker::{Asker, Turn};
use beat::Beat;
use kafka_protocol::messages::MetadataRequest;
use parking_lot::Mutex;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

/// Watches until it is stopped or dropped.
#[derive(Debug)]
pub(crate) struct Watcher {
    shared: Arc<Shared>,
    threads: Vec<NamespaceThread>,
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
    /// Used while the view is locked, so that observations come in the order of their times.
    sink: Sender<Observation>,
}

impl Watcher {
    /// Begins to watch these topics (each from its creation on) from inside the vantage's
    /// namespace. Changes go to `sink` with times of `epoch`'s clock; without a receiver they only
    /// stay in the view.
    ///
    /// `controllers` are the nodes that may become the active controller, by `node.id`, with their
    /// CONTROLLER listeners. Without any, brokers are asked for the active controller, and may
    /// learn of a new one late.
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

    /// Each broker's last answer; times are of the watcher's clock.
    pub(crate) fn view(&self) -> ClusterView {
        let state = self.shared.state.lock();
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
        // After a panic the threads are told to end, but not joined: one of them may be the cause,
        // and its panic must not end the process here.
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
                        // It is not, or does not reach, the active controller. That is news only
                        // from one that was, or did.
                        Err(_) => view.quorum_lost(node, now_us),
                    });
                    self.rest(beat);
                }
                Turn::Waiting { asked_us } => match way {
                    Way::ThroughBroker => {
                        self.note(|view, now_us| view.quorum_unanswered(node, asked_us, now_us));
                    }
                    // A stopped or dead controller says nothing about who leads.
                    Way::Direct => {}
                },
                // The other connection tells whether the broker is reachable.
                Turn::Broken(_) => self.rest(beat),
                Turn::Stopped => return,
            }
        }
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Changes the view at the present time and passes on what changed.
    fn note<C: IntoIterator<Item = Observation>>(
        &self,
        change: impl FnOnce(&mut ClusterView, u64) -> C,
    ) {
        let mut state = self.state.lock();
        let now_us = self.epoch.elapsed_us();
        for observation in change(&mut state.view, now_us) {
            if state.sink.send(observation).is_err() {
                // Without a receiver the view still has it.
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

#[cfg(test)]
mod tests;
