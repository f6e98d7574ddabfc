//! [`Operator`]: one kept connection to every broker, made from the operator's place.

use super::api::Ask;
use super::error::{KafkaError, list};
use super::view::ClusterView;
use super::wire::Connection;
use super::{metadata, quorum};
use crate::clock::Epoch;
use crate::runtime::Vantage;
use std::collections::BTreeMap;
use std::time::Duration;

/// Asks brokers by id. It opens connections on demand and drops those that fail.
#[derive(Debug)]
pub struct Operator {
    vantage: Vantage,
    timeout: Duration,
    connections: BTreeMap<i32, Connection>,
}

impl Operator {
    /// Waits up to `timeout` for each connection and each answer.
    pub fn new(vantage: &Vantage, timeout: Duration) -> Operator {
        Operator { vantage: vantage.clone(), timeout, connections: BTreeMap::new() }
    }

    pub fn brokers(&self) -> Vec<i32> {
        self.vantage.brokers.iter().map(|&(id, _)| id).collect()
    }

    /// Asks one broker and waits up to the operator's time-out.
    pub fn call<A: Ask>(&mut self, broker: i32, request: &A) -> Result<A::Answer, KafkaError> {
        self.call_within(broker, request, self.timeout)
    }

    /// Like [`Operator::call`] with a separate time-out.
    pub fn call_within<A: Ask>(
        &mut self,
        broker: i32,
        request: &A,
        timeout: Duration,
    ) -> Result<A::Answer, KafkaError> {
        let mut connection = match self.connections.remove(&broker) {
            Some(connection) => connection,
            None => self.open(broker)?,
        };
        connection.set_timeout(timeout);
        let answer = connection.call(request)?;
        // Only now: after an error the connection is dead and stays out.
        self.connections.insert(broker, connection);
        Ok(answer)
    }

    /// Asks every broker for these topics. The second list has those that did not answer, and why.
    pub fn view(&mut self, topics: &[String]) -> (ClusterView, Vec<(i32, KafkaError)>) {
        let epoch = Epoch::now();
        let request = metadata::request(topics);
        let mut view = ClusterView::default();
        let mut failed = Vec::new();
        for broker in self.brokers() {
            let asked_us = epoch.elapsed_us();
            match self.call(broker, &request) {
                Ok(answer) => {
                    view.heard(broker, &answer.into(), asked_us, epoch.elapsed_us());
                }
                Err(error) => failed.push((broker, error)),
            }
        }
        (view, failed)
    }

    /// Asks one broker for the controllers' quorum. Fails if no controller leads it.
    pub fn quorum(&mut self, broker: i32) -> Result<quorum::Quorum, KafkaError> {
        self.call(broker, &quorum::request()).and_then(|answer| (&answer).try_into())
    }

    fn open(&self, broker: i32) -> Result<Connection, KafkaError> {
        let known = self.vantage.brokers.iter().find(|(id, _)| *id == broker);
        let Some(&(_, addr)) = known else {
            return Err(KafkaError::NoSuchBroker { broker, known: list(self.brokers()) });
        };
        Connection::open_from(&self.vantage, addr, self.timeout)
    }
}

#[cfg(test)]
mod tests;
