//! [`Asker`]: one kept connection to a broker, with at most one question in it.

use super::Shared;
use super::beat::TICK_US;
use crate::kafka::api::Ask;
use crate::kafka::error::KafkaError;
use crate::kafka::wire::Connection;
use std::net::SocketAddr;
use std::time::Duration;

/// A broker that has not answered a Metadata request within this time is silent.
pub(crate) const ANSWER_US: u64 = 400_000;
/// A connection without an answer for this long is replaced. Until then its one question waits: new
/// connections would fill a stopped broker's queue and delay the clients, and this question is
/// answered first when the broker wakes.
const CONNECTION_US: u64 = 5_000_000;
/// How long one wait for an answer lasts before it checks for the watcher's end.
const SLICE_US: u64 = 50_000;

/// One kept connection to a broker, with at most one question in it.
pub(super) struct Asker {
    addr: SocketAddr,
    connection: Option<Connection>,
    asked_us: Option<u64>,
}

/// How a turn of an [`Asker`] ended.
pub(super) enum Turn<T> {
    Said {
        answer: T,
        asked_us: u64,
    },
    /// None came in time; the question stays in the connection for the next turn.
    Waiting {
        asked_us: u64,
    },
    /// There is no connection any more.
    Broken(KafkaError),
    /// The watch was ended.
    Stopped,
}

impl Asker {
    pub(super) fn new(addr: SocketAddr) -> Asker {
        Asker { addr, connection: None, asked_us: None }
    }

    /// Asks, unless a question is waiting, and waits: [`ANSWER_US`] for a new question, one more
    /// tick for an old one.
    pub(super) fn turn<A: Ask>(&mut self, shared: &Shared, request: &A) -> Turn<A::Answer> {
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
