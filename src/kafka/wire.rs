//! [`Connection`]: one blocking connection to one broker, one request at a time.

mod frame;

use super::api::Ask;
use super::error::KafkaError;
use crate::runtime::Vantage;
use bytes::BytesMut;
use kafka_protocol::messages::ApiKey;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

const CHUNK_BYTES: usize = 16 << 10;
/// A socket's time-out of zero means none at all, so this is the shortest wait.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// One connection to one broker. After any error but a wrong request it is dead.
#[derive(Debug)]
pub(crate) struct Connection {
    addr: SocketAddr,
    stream: TcpStream,
    timeout: Duration,
    last_correlation_id: i32,
    pending: Option<Pending>,
    inbox: BytesMut,
    dead: bool,
}

/// The request whose answer is awaited.
#[derive(Clone, Copy, Debug)]
struct Pending {
    api: ApiKey,
    correlation_id: i32,
}

impl Connection {
    /// Connects from the calling thread's network namespace. `timeout` bounds the connect, and
    /// later each [`Connection::call`].
    pub(crate) fn open(addr: SocketAddr, timeout: Duration) -> Result<Connection, KafkaError> {
        let connect = || {
            let stream = TcpStream::connect_timeout(&addr, timeout.max(SHORTEST_WAIT))?;
            stream.set_nodelay(true)?;
            stream.set_write_timeout(Some(timeout.max(SHORTEST_WAIT)))?;
            Ok(stream)
        };
        let stream = connect().map_err(|source| KafkaError::Connect { addr, source })?;
        Ok(Connection {
            addr,
            stream,
            timeout,
            last_correlation_id: 0,
            pending: None,
            inbox: BytesMut::new(),
            dead: false,
        })
    }

    /// Connects from inside the vantage's network namespace; the connection works anywhere.
    pub(crate) fn open_from(
        vantage: &Vantage,
        addr: SocketAddr,
        timeout: Duration,
    ) -> Result<Connection, KafkaError> {
        vantage
            .run("kafka-connect", move || Connection::open(addr, timeout))
            .map_err(|source| KafkaError::Place { source })?
    }

    /// Bounds each later [`Connection::call`].
    pub(crate) fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    /// Asks and waits for the answer. Every error leaves the connection dead.
    pub(crate) fn call<A: Ask>(&mut self, request: &A) -> Result<A::Answer, KafkaError> {
        self.ask(request)?;
        let timeout = self.timeout;
        match self.answer::<A>(timeout)? {
            Some(answer) => Ok(answer),
            None => {
                // The answer may still come; the next caller would take it for its own.
                self.pending = None;
                self.dead = true;
                Err(KafkaError::Timeout {
                    addr: self.addr,
                    what: A::NAME,
                    after_ms: timeout.as_millis() as u64,
                })
            }
        }
    }

    /// Sends a request; [`Connection::answer`] fetches the answer. One may be under way.
    ///
    /// # Panics
    /// If the answer to an earlier request is outstanding.
    pub(crate) fn ask<A: Ask>(&mut self, request: &A) -> Result<(), KafkaError> {
        assert!(self.pending.is_none(), "asked {} while another answer is outstanding", A::NAME);
        if self.dead {
            return Err(KafkaError::Dead { addr: self.addr });
        }
        let correlation_id = self.last_correlation_id.wrapping_add(1);
        let frame =
            frame::encode(request, correlation_id).map_err(|reason| self.garbled::<A>(reason))?;
        self.last_correlation_id = correlation_id;
        if let Err(source) = self.stream.write_all(&frame) {
            self.dead = true;
            return Err(KafkaError::Io { addr: self.addr, what: A::NAME, source });
        }
        self.pending = Some(Pending { api: A::API, correlation_id });
        Ok(())
    }

    /// Waits up to `wait` for the answer to the request under way. `None`: it is not there yet, and
    /// may be waited for again. Every error leaves the connection dead.
    ///
    /// # Panics
    /// If no request is under way.
    pub(crate) fn answer<A: Ask>(
        &mut self,
        wait: Duration,
    ) -> Result<Option<A::Answer>, KafkaError> {
        let pending = self.pending.filter(|pending| pending.api == A::API);
        let pending = pending.unwrap_or_else(|| panic!("{} is not under way", A::NAME));
        let result = self.receive::<A>(pending, wait);
        match &result {
            Ok(None) => {}
            Ok(Some(_)) => self.pending = None,
            Err(_) => {
                self.pending = None;
                self.dead = true;
            }
        }
        result
    }

    fn receive<A: Ask>(
        &mut self,
        pending: Pending,
        wait: Duration,
    ) -> Result<Option<A::Answer>, KafkaError> {
        let broken = |addr, source| KafkaError::Io { addr, what: A::NAME, source };
        let deadline = Instant::now() + wait;
        loop {
            if let Some(bytes) =
                frame::take(&mut self.inbox).map_err(|reason| self.garbled::<A>(reason))?
            {
                let answer = frame::decode::<A>(bytes, pending.correlation_id);
                return answer.map(Some).map_err(|reason| self.garbled::<A>(reason));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            let mut chunk = [0; CHUNK_BYTES];
            self.stream
                .set_read_timeout(Some(left.max(SHORTEST_WAIT)))
                .map_err(|source| broken(self.addr, source))?;
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(broken(self.addr, ErrorKind::UnexpectedEof.into())),
                Ok(count) => self.inbox.extend_from_slice(&chunk[..count]),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {}
                    _ => return Err(broken(self.addr, error)),
                },
            }
        }
    }

    fn garbled<A: Ask>(&self, reason: String) -> KafkaError {
        KafkaError::Protocol { addr: self.addr, what: A::NAME, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::{Asked, FakeBroker, Reply, metadata_answer};
    use super::super::metadata;
    use super::frame::ANSWER_BYTES_MAX;
    use super::*;

    const SHORT: Duration = Duration::from_millis(80);
    const LONG: Duration = Duration::from_secs(20);

    fn connect(
        timeout: Duration,
        script: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> (FakeBroker, Connection) {
        let broker = FakeBroker::start(script);
        let connection = Connection::open(broker.addr, timeout).unwrap();
        (broker, connection)
    }

    fn ask(connection: &mut Connection) -> Result<metadata::Metadata, KafkaError> {
        connection.call(&metadata::request(&["t".to_owned()])).map(metadata::Metadata::from)
    }

    #[track_caller]
    fn assert_dead(connection: &mut Connection) {
        let text = ask(connection).unwrap_err().to_string();
        assert!(text.contains("has been dead since an earlier failure"), "{text}");
    }

    #[test]
    fn a_request_goes_out_in_its_version_and_its_answer_comes_back() {
        let (_broker, mut connection) = connect(LONG, |asked| {
            assert_eq!((asked.api, asked.version), (ApiKey::Metadata, 12));
            let request = asked.request::<kafka_protocol::messages::MetadataRequest>();
            assert!(!request.allow_auto_topic_creation);
            let topics: Vec<_> = request.topics.unwrap().into_iter().map(|t| t.name).collect();
            assert_eq!(topics, [Some(metadata::topic_name("t"))]);
            asked.answer(&metadata_answer(&[0, 1], &[("t", 0, 1, 5, &[2, 1])]))
        });
        for _ in 0..3 {
            let answer = ask(&mut connection).unwrap();
            assert_eq!(answer.brokers, [0, 1].into());
            let state = &answer.topics["t"][&0];
            assert_eq!((state.leader, state.epoch), (1, 5));
            assert_eq!((&state.isr[..], &state.replicas[..]), (&[1, 2][..], &[0, 1, 2][..]));
        }
    }

    #[test]
    fn a_connection_that_timed_out_is_dead() {
        let (_broker, mut connection) = connect(SHORT, |_| Reply::Silence);
        let began = Instant::now();
        let error = ask(&mut connection).unwrap_err();
        assert!(began.elapsed() >= SHORT);
        assert!(error.to_string().ends_with("did not answer Metadata within 80 ms"), "{error}");
        assert!(error.is_transport());
        assert_dead(&mut connection);
    }

    #[test]
    fn a_patient_asker_gets_the_late_answer() {
        let (_broker, mut connection) = connect(SHORT, |asked| {
            std::thread::sleep(SHORT * 2);
            asked.answer(&metadata_answer(&[0], &[]))
        });
        connection.ask(&metadata::request(&[])).unwrap();
        type Request = kafka_protocol::messages::MetadataRequest;
        assert!(connection.answer::<Request>(Duration::ZERO).unwrap().is_none());
        assert!(connection.answer::<Request>(SHORT / 8).unwrap().is_none());
        assert!(connection.answer::<Request>(LONG).unwrap().is_some());
    }

    #[test]
    fn an_answer_to_another_request_is_refused() {
        let (_broker, mut connection) = connect(LONG, |asked| {
            asked.answer_as(asked.correlation_id + 1, &metadata_answer(&[0], &[]))
        });
        let text = ask(&mut connection).unwrap_err().to_string();
        assert!(text.ends_with("the answer belongs to request 2, not to 1"), "{text}");
        assert_dead(&mut connection);
    }

    #[test]
    fn lengths_that_cannot_be_are_refused_without_waiting_for_the_bytes() {
        for length in [(ANSWER_BYTES_MAX + 1) as i32, i32::MAX, -1, 3] {
            let (_broker, mut connection) =
                connect(LONG, move |_| Reply::Bytes(length.to_be_bytes().to_vec()));
            let text = ask(&mut connection).unwrap_err().to_string();
            assert!(text.contains(&format!("an answer of {length} bytes")), "{text}");
            assert_dead(&mut connection);
        }
    }

    #[test]
    fn bytes_without_a_meaning_are_refused() {
        let tail = |inside: bool| {
            move |asked: &Asked| {
                let Reply::Bytes(mut bytes) = asked.answer(&metadata_answer(&[0], &[])) else {
                    unreachable!("an answer is bytes");
                };
                bytes.push(0);
                if inside {
                    let length = bytes.len() as i32 - 4;
                    bytes[..4].copy_from_slice(&length.to_be_bytes());
                }
                Reply::Bytes(bytes)
            }
        };
        for (inside, says) in [(true, "have no meaning in version 12"), (false, "unexpected bytes")]
        {
            let (_broker, mut connection) = connect(LONG, tail(inside));
            let text = ask(&mut connection).unwrap_err().to_string();
            assert!(text.contains(says), "{text}");
        }
    }

    #[test]
    fn a_closed_connection_and_a_closed_port_say_so() {
        let (broker, mut connection) = connect(LONG, |_| Reply::Close);
        let error = ask(&mut connection).unwrap_err();
        assert!(matches!(error, KafkaError::Io { what: "Metadata", .. }), "{error}");
        let addr = broker.addr;
        drop(broker);
        let text = Connection::open(addr, LONG).unwrap_err().to_string();
        assert!(text.starts_with(&format!("cannot connect to {addr}: ")), "{text}");
    }
}
