//! [`wait_for_brokers`]: a started cluster is ready when every broker's own metadata shows all.

use super::error::{KafkaError, list};
use super::metadata::{self, Metadata};
use super::namespace_thread::spawn_inside;
use super::patience::{Look, Patience};
use super::wire::Connection;
use crate::runtime::Vantage;
use kafka_protocol::messages::MetadataRequest;
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Between two questions to one broker.
const POLL: Duration = Duration::from_millis(30);
/// Between two looks at the answers; also bounds how late an ended wait is noticed.
const LOOK: Duration = Duration::from_millis(10);
const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);
/// How long one wait for an answer lasts before it checks for the end of the whole.
const SLICE: Duration = Duration::from_millis(50);
/// A young JVM may take its time for the first answer; after this the connection is given up.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// A broker's last answer: the brokers it knows, or why there are none.
type Shows = Result<BTreeSet<i32>, String>;

/// Waits until every broker's own metadata shows every broker. A separate thread inside the
/// vantage's namespace asks each, so that a slow one does not hold up the others.
///
/// # Errors
/// [`KafkaError::NotYet`] with each broker's view, [`KafkaError::GaveUp`] as soon as
/// `patience.alive` fails, [`KafkaError::Place`] if the namespace cannot be entered.
pub fn wait_for_brokers(vantage: &Vantage, patience: &mut Patience<'_>) -> Result<(), KafkaError> {
    let wanted: BTreeSet<i32> = vantage.brokers.iter().map(|&(id, _)| id).collect();
    let polls = Arc::new(Polls::default());
    let mut threads = Vec::new();
    let mut waited = Ok(());
    for &(broker, addr) in &vantage.brokers {
        let (polls, wanted) = (Arc::clone(&polls), wanted.clone());
        let work = move || poll(&polls, broker, addr, &wanted);
        match spawn_inside(vantage, &format!("kafka-ready-{broker}"), work) {
            Ok(thread) => threads.push(thread),
            Err(source) => {
                waited = Err(KafkaError::Place { source });
                break;
            }
        }
    }
    if waited.is_ok() {
        waited = patience.until("every broker to show all brokers", LOOK, || {
            let shows = polls.shows.lock();
            Ok(look(vantage, &wanted, &shows))
        });
    }
    polls.end.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.join();
    }
    waited
}

#[derive(Default)]
struct Polls {
    shows: Mutex<BTreeMap<i32, Shows>>,
    end: AtomicBool,
}

impl Polls {
    fn ended(&self) -> bool {
        self.end.load(Ordering::Relaxed)
    }

    fn set(&self, broker: i32, shows: Shows) {
        self.shows.lock().insert(broker, shows);
    }
}

fn look(vantage: &Vantage, wanted: &BTreeSet<i32>, shows: &BTreeMap<i32, Shows>) -> Look<()> {
    let missing: Vec<String> = (vantage.brokers.iter())
        .filter_map(|(broker, addr)| match shows.get(broker) {
            Some(Ok(shown)) if shown == wanted => None,
            Some(Ok(shown)) => {
                let shown = list(shown.iter().copied());
                Some(format!("broker {broker} ({addr}) shows these brokers: {shown}"))
            }
            Some(Err(problem)) => Some(format!("broker {broker}: {problem}")),
            None => Some(format!("broker {broker} ({addr}) has not answered yet")),
        })
        .collect();
    if missing.is_empty() { Look::Done(()) } else { Look::Missing(missing.join("; ")) }
}

fn poll(polls: &Polls, broker: i32, addr: SocketAddr, wanted: &BTreeSet<i32>) {
    let mut connection = None;
    while !polls.ended() {
        match ask(polls, &mut connection, addr) {
            Ok(Some(metadata)) => {
                let done = metadata.brokers == *wanted;
                polls.set(broker, Ok(metadata.brokers));
                if done {
                    return;
                }
            }
            Ok(None) => return,
            Err(error) => {
                connection = None;
                polls.set(broker, Err(error.to_string()));
            }
        }
        std::thread::sleep(POLL);
    }
}

/// One question; `None` if the whole ended before the answer.
fn ask(
    polls: &Polls,
    kept: &mut Option<Connection>,
    addr: SocketAddr,
) -> Result<Option<Metadata>, KafkaError> {
    let connection = match kept {
        Some(connection) => connection,
        None => kept.insert(Connection::open(addr, CONNECT_TIMEOUT)?),
    };
    connection.ask(&metadata::request(&[]))?;
    let asked = Instant::now();
    while !polls.ended() {
        if let Some(answer) = connection.answer::<MetadataRequest>(SLICE)? {
            return Ok(Some(answer.into()));
        }
        let after = asked.elapsed();
        if after >= ANSWER_TIMEOUT {
            let after_ms = after.as_millis() as u64;
            return Err(KafkaError::Timeout { addr, what: "Metadata", after_ms });
        }
    }
    Ok(None)
}
