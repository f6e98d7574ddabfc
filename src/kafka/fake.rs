//! [`FakeBroker`]: a loopback listener that answers as a test scripts it.

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::elect_leaders_response as election;
use kafka_protocol::messages::metadata_response as metadata;
use kafka_protocol::messages::{
    ApiKey, BrokerId, ElectLeadersResponse, MetadataResponse, RequestHeader, ResponseHeader,
    TopicName,
};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, StrBytes};
use parking_lot::Mutex;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// A request, and how to answer it.
pub(crate) struct Asked {
    pub(crate) api: ApiKey,
    pub(crate) version: i16,
    pub(crate) correlation_id: i32,
    /// The request after its header.
    pub(crate) body: Bytes,
}

/// What the fake broker does with a request.
pub(crate) enum Reply {
    /// Sends these bytes.
    Bytes(Vec<u8>),
    /// Sends nothing, and keeps the connection.
    Silence,
    /// Closes the connection.
    Close,
}

impl Asked {
    /// The frame of a correct answer.
    pub(crate) fn answer<A: Encodable + HeaderVersion>(&self, answer: &A) -> Reply {
        self.answer_as(self.correlation_id, answer)
    }

    /// The frame of an answer with any correlation id.
    pub(crate) fn answer_as<A: Encodable + HeaderVersion>(&self, id: i32, answer: &A) -> Reply {
        let mut frame = BytesMut::new();
        frame.put_i32(0);
        let header = ResponseHeader::default().with_correlation_id(id);
        header.encode(&mut frame, A::header_version(self.version)).unwrap();
        answer.encode(&mut frame, self.version).unwrap();
        let length = frame.len() as i32 - 4;
        frame[..4].copy_from_slice(&length.to_be_bytes());
        Reply::Bytes(frame.to_vec())
    }

    pub(crate) fn request<A: Decodable>(&self) -> A {
        A::decode(&mut self.body.clone(), self.version).unwrap()
    }
}

type Script = dyn Fn(&Asked) -> Reply + Send + Sync;

/// Listens until it is dropped.
pub(crate) struct FakeBroker {
    pub(crate) addr: SocketAddr,
    end: Arc<AtomicBool>,
    streams: Arc<Mutex<Vec<TcpStream>>>,
    acceptor: Option<JoinHandle<()>>,
}

impl FakeBroker {
    /// Answers every request on every connection with `script`.
    pub(crate) fn start(script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> FakeBroker {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let end = Arc::new(AtomicBool::new(false));
        let streams = Arc::new(Mutex::new(Vec::<TcpStream>::new()));
        let script: Arc<Script> = Arc::new(script);
        let (ended, kept) = (Arc::clone(&end), Arc::clone(&streams));
        let acceptor = std::thread::spawn(move || {
            let mut serving = Vec::new();
            for stream in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    break;
                }
                let stream = stream.unwrap();
                kept.lock().push(stream.try_clone().unwrap());
                let script = Arc::clone(&script);
                serving.push(std::thread::spawn(move || serve(stream, &*script)));
            }
            for thread in serving {
                thread.join().unwrap();
            }
        });
        FakeBroker { addr, end, streams, acceptor: Some(acceptor) }
    }

    /// How many connections it accepted.
    pub(crate) fn connections(&self) -> usize {
        self.streams.lock().len()
    }
}

impl Drop for FakeBroker {
    fn drop(&mut self) {
        self.end.store(true, Ordering::SeqCst);
        // Wakes the acceptor, so that it sees the end and closes the listener.
        drop(TcpStream::connect(self.addr));
        for stream in self.streams.lock().iter() {
            // Some are closed already.
            let _closed = stream.shutdown(Shutdown::Both);
        }
        let joined = self.acceptor.take().unwrap().join();
        assert!(joined.is_ok() || std::thread::panicking(), "the fake broker panicked");
    }
}

fn serve(mut stream: TcpStream, script: &Script) {
    let mut length = [0; 4];
    while stream.read_exact(&mut length).is_ok() {
        let mut frame = vec![0; u32::from_be_bytes(length) as usize];
        if stream.read_exact(&mut frame).is_err() {
            return;
        }
        let mut frame = Bytes::from(frame);
        let api = ApiKey::try_from(i16::from_be_bytes([frame[0], frame[1]])).unwrap();
        let version = i16::from_be_bytes([frame[2], frame[3]]);
        let header = RequestHeader::decode(&mut frame, api.request_header_version(version));
        let correlation_id = header.unwrap().correlation_id;
        match script(&Asked { api, version, correlation_id, body: frame }) {
            Reply::Bytes(bytes) if stream.write_all(&bytes).is_err() => return,
            Reply::Bytes(_) | Reply::Silence => {}
            Reply::Close => {
                // Dropping is not enough, since the fake keeps a copy.
                let _closed = stream.shutdown(Shutdown::Both);
                return;
            }
        }
    }
}

/// One partition in a [`metadata_answer`]: topic, partition, leader, epoch, ISR.
pub(crate) type Row<'a> = (&'a str, i32, i32, i32, &'a [i32]);

/// A Metadata answer; the replicas are 0, 1, 2.
pub(crate) fn metadata_answer(brokers: &[i32], rows: &[Row<'_>]) -> MetadataResponse {
    let ids = |ids: &[i32]| ids.iter().copied().map(BrokerId).collect::<Vec<_>>();
    let topics = rows.iter().map(|&(topic, partition, leader, epoch, isr)| {
        let partition = metadata::MetadataResponsePartition::default()
            .with_partition_index(partition)
            .with_leader_id(BrokerId(leader))
            .with_leader_epoch(epoch)
            .with_replica_nodes(ids(&[0, 1, 2]))
            .with_isr_nodes(ids(isr));
        metadata::MetadataResponseTopic::default()
            .with_name(Some(TopicName(StrBytes::from_string(topic.to_owned()))))
            .with_partitions(vec![partition])
    });
    let brokers = ids(brokers)
        .into_iter()
        .map(|id| metadata::MetadataResponseBroker::default().with_node_id(id).with_port(9092));
    MetadataResponse::default().with_brokers(brokers.collect()).with_topics(topics.collect())
}

/// A Metadata answer about one topic: its id and its number of partitions, or that it is unknown.
pub(crate) fn metadata_of_topic(name: &str, known: Option<(u128, i32)>) -> MetadataResponse {
    let topic = metadata::MetadataResponseTopic::default()
        .with_name(Some(TopicName(StrBytes::from_string(name.to_owned()))));
    let topic = match known {
        None => topic.with_error_code(3),
        Some((id, partitions)) => {
            let partition =
                |index| metadata::MetadataResponsePartition::default().with_partition_index(index);
            topic
                .with_topic_id(format!("{id:032x}").parse().unwrap())
                .with_partitions((0..partitions).map(partition).collect())
        }
    };
    MetadataResponse::default().with_topics(vec![topic])
}

/// An ElectLeaders answer: its own error code, and topic, partition and error code of each.
pub(crate) fn elect_leaders_answer(code: i16, rows: &[(&str, i32, i16)]) -> ElectLeadersResponse {
    let results = rows.iter().map(|&(topic, partition, code)| {
        let partition =
            election::PartitionResult::default().with_partition_id(partition).with_error_code(code);
        election::ReplicaElectionResult::default()
            .with_topic(TopicName(StrBytes::from_string(topic.to_owned())))
            .with_partition_result(vec![partition])
    });
    ElectLeadersResponse::default()
        .with_error_code(code)
        .with_replica_election_results(results.collect())
}
