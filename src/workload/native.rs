//! The only calls into librdkafka that the rdkafka crate does not offer: [`TopicProducer`] sends
//! without copying the value, [`report`] reads a message's persistence, [`LogQueue`] reads a topic
//! by callback. Each is a thin and safe door.
#![expect(unsafe_code, reason = "rdkafka has no safe call for these, and they decide the speed")]

use super::outcome::Persistence;
use rdkafka::Message;
use rdkafka::bindings as ffi;
use rdkafka::client::{Client, ClientContext};
use rdkafka::message::BorrowedMessage;
use rdkafka::producer::{BaseProducer, Producer, ProducerContext};
use rdkafka::types::{RDKafkaErrorCode, RDKafkaMessage, RDKafkaTopic};
use std::any::Any;
use std::ffi::{CStr, CString, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::{self, NonNull};
use std::time::Duration;

/// A producer bound to one topic, all of whose messages share one value.
///
/// The order of the fields is the order of their drops, and it matters: `Drop::drop` gives the
/// topic handle back, then `producer` purges and destroys the client, which joins librdkafka's
/// threads and frees every message that points into `value`; `value` goes last.
pub struct TopicProducer<C: ProducerContext + 'static> {
    topic: NonNull<RDKafkaTopic>,
    producer: BaseProducer<C>,
    value: Box<[u8]>,
}

// SAFETY: librdkafka's topic handles may be used from any thread, as its header promises for all
// of its handles; the other fields are Send by themselves.
unsafe impl<C: ProducerContext + 'static> Send for TopicProducer<C> {}
// SAFETY: as above; `rd_kafka_produce` is thread-safe, and `value` is never written to.
unsafe impl<C: ProducerContext + 'static> Sync for TopicProducer<C> {}

impl<C: ProducerContext + 'static> TopicProducer<C> {
    /// Binds `producer` to `topic`.
    ///
    /// # Errors
    /// librdkafka's code when it refuses the topic's name.
    pub fn new(
        producer: BaseProducer<C>,
        topic: &str,
        value: Box<[u8]>,
    ) -> Result<Self, RDKafkaErrorCode> {
        let topic = new_topic(producer.client(), topic)?;
        Ok(TopicProducer { topic, producer, value })
    }

    /// The producer underneath: to poll, to purge, to ask for metadata.
    pub fn producer(&self) -> &BaseProducer<C> {
        &self.producer
    }

    /// Hands over one message; never blocks. `opaque` comes back in its delivery report.
    ///
    /// # Errors
    /// librdkafka's code; the message was not handed over then.
    pub fn produce(
        &self,
        partition: i32,
        key: &[u8],
        opaque: usize,
    ) -> Result<(), RDKafkaErrorCode> {
        // SAFETY: the topic handle lives as long as `self`. Without F_FREE and F_COPY librdkafka
        // only reads the value, which outlives the client (see the type's drop order). The key is
        // copied before the call returns. The opaque is a number and is never dereferenced.
        let refused = unsafe {
            ffi::rd_kafka_produce(
                self.topic.as_ptr(),
                partition,
                0,
                self.value.as_ptr().cast_mut().cast(),
                self.value.len(),
                key.as_ptr().cast(),
                key.len(),
                ptr::without_provenance_mut(opaque),
            )
        };
        if refused == 0 { Ok(()) } else { Err(last_error()) }
    }

    /// Sends what lingers and waits until every delivery report was served, by another thread that
    /// polls; `false` when `timeout` has passed before.
    pub fn wait_until_reported(&self, timeout: Duration) -> bool {
        let timeout_ms = c_int::try_from(timeout.as_millis()).unwrap_or(c_int::MAX);
        // SAFETY: the client lives as long as `self`.
        let code = unsafe { ffi::rd_kafka_flush(self.producer.client().native_ptr(), timeout_ms) };
        RDKafkaErrorCode::from(code) == RDKafkaErrorCode::NoError
    }
}

impl<C: ProducerContext + 'static> Drop for TopicProducer<C> {
    fn drop(&mut self) {
        // SAFETY: the handle came from rd_kafka_topic_new and is given back once, before its
        // client, which the field order drops next.
        unsafe { ffi::rd_kafka_topic_destroy(self.topic.as_ptr()) }
    }
}

/// What a delivery report says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// librdkafka's code; `NoError` for success.
    pub code: RDKafkaErrorCode,
    /// Whether the message can be in a log.
    pub persistence: Persistence,
    /// The offset, -1 when none is known.
    pub offset: i64,
    /// From the hand-over to the report.
    pub latency_us: u64,
}

/// Reads a delivery report's raw message.
pub fn report(message: &BorrowedMessage<'_>) -> Report {
    let raw: *const RDKafkaMessage = message.ptr();
    // SAFETY: the message is borrowed, so it is alive.
    let code = unsafe { (*raw).err };
    // SAFETY: as above; a message of a delivery report is embedded in librdkafka's own, which is
    // where it looks for the status.
    let status = unsafe { ffi::rd_kafka_message_status(raw) };
    // SAFETY: as above.
    let latency_us = unsafe { ffi::rd_kafka_message_latency(raw) };
    let persistence = match status {
        ffi::rd_kafka_msg_status_t::RD_KAFKA_MSG_STATUS_NOT_PERSISTED => Persistence::NotPersisted,
        ffi::rd_kafka_msg_status_t::RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED => {
            Persistence::PossiblyPersisted
        }
        ffi::rd_kafka_msg_status_t::RD_KAFKA_MSG_STATUS_PERSISTED => Persistence::Persisted,
    };
    Report {
        code: code.into(),
        persistence,
        offset: message.offset().max(-1),
        latency_us: u64::try_from(latency_us).unwrap_or(0),
    }
}

/// The name of the error that a delivery report carries, as Kafka people write it
/// (`_MSG_TIMED_OUT`).
pub fn error_name(message: &BorrowedMessage<'_>) -> String {
    // SAFETY: the message is borrowed, so it is alive.
    let code = unsafe { (*message.ptr()).err };
    // SAFETY: it takes any code, and gives a C string, static or the calling thread's own.
    let name = unsafe { ffi::rd_kafka_err2name(code) };
    // SAFETY: as above; the string is copied before the next call could change it.
    let name = unsafe { CStr::from_ptr(name) };
    name.to_string_lossy().into_owned()
}

/// What reading a topic brings, one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetched<'m> {
    /// A record.
    Record(Record<'m>),
    /// The partition's end: the next record will get this offset.
    End {
        /// Partition.
        partition: u32,
        /// The end.
        offset: i64,
    },
    /// librdkafka met an error on this partition; it goes on trying where that makes sense.
    Error {
        /// Partition.
        partition: u32,
        /// Its code.
        code: RDKafkaErrorCode,
        /// Its words.
        reason: &'m str,
    },
}

/// One record of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'m> {
    /// Partition.
    pub partition: u32,
    /// Offset.
    pub offset: i64,
    /// The leader epoch in which it was appended, -1 when the broker did not say.
    pub epoch: i32,
    /// Key.
    pub key: Option<&'m [u8]>,
    /// Value.
    pub value: Option<&'m [u8]>,
}

/// Reads partitions of one topic into one queue of its own, without a consumer group: nothing is
/// committed, no coordinator is looked for (which would create `__consumer_offsets`), and only
/// fetched records and their errors ever come to this queue. That is what makes the callback form
/// safe: on a client's main queue it aborts at the first op of another kind.
pub struct LogQueue<'c, C: ClientContext> {
    topic: NonNull<RDKafkaTopic>,
    queue: NonNull<ffi::rd_kafka_queue_t>,
    started: Vec<i32>,
    /// Keeps the client alive longer than the handles.
    _client: &'c Client<C>,
}

impl<'c, C: ClientContext> LogQueue<'c, C> {
    /// A queue for `topic`, with nothing started.
    ///
    /// # Errors
    /// librdkafka's code when it refuses the topic's name.
    pub fn new(client: &'c Client<C>, topic: &str) -> Result<Self, RDKafkaErrorCode> {
        let topic = new_topic(client, topic)?;
        // SAFETY: the client is borrowed, so it is alive.
        let queue = unsafe { ffi::rd_kafka_queue_new(client.native_ptr()) };
        let queue = NonNull::new(queue).expect("rd_kafka_queue_new allocates or aborts");
        Ok(LogQueue { topic, queue, started: Vec::new(), _client: client })
    }

    /// Begins to fetch `partition` from `offset`.
    ///
    /// # Errors
    /// librdkafka's code.
    pub fn start(&mut self, partition: u32, offset: i64) -> Result<(), RDKafkaErrorCode> {
        let partition = i32::try_from(partition).map_err(|_| RDKafkaErrorCode::UnknownPartition)?;
        let (topic, queue) = (self.topic.as_ptr(), self.queue.as_ptr());
        // SAFETY: both handles live as long as `self`.
        let refused = unsafe { ffi::rd_kafka_consume_start_queue(topic, partition, offset, queue) };
        if refused != 0 {
            return Err(last_error());
        }
        self.started.push(partition);
        Ok(())
    }

    /// Ceases to fetch `partition`. What was fetched already may still come.
    pub fn stop(&mut self, partition: u32) {
        if let Some(at) = self.started.iter().position(|&p| i64::from(p) == i64::from(partition)) {
            self.stop_native(self.started[at]);
            self.started.swap_remove(at);
        }
    }

    fn stop_native(&self, partition: i32) {
        // SAFETY: the handle lives as long as `self`. It can only fail for a partition that was
        // not started, which `started` rules out.
        unsafe { ffi::rd_kafka_consume_stop(self.topic.as_ptr(), partition) };
    }

    /// Waits at most `timeout` for something to come, and gives all that is there to `sink`.
    /// A panic of `sink` ends nothing but the caller: it goes on from here, outside of C.
    pub fn serve(&mut self, timeout: Duration, sink: &mut dyn FnMut(Fetched<'_>)) {
        let timeout_ms = c_int::try_from(timeout.as_millis()).unwrap_or(c_int::MAX);
        let mut serving = Serving { sink, panic: None };
        let opaque: *mut Serving<'_> = &raw mut serving;
        // SAFETY: the queue lives as long as `self`; the callback runs on this thread within this
        // call only, so `serving` outlives every use of the opaque.
        unsafe {
            ffi::rd_kafka_consume_callback_queue(
                self.queue.as_ptr(),
                timeout_ms,
                Some(on_message),
                opaque.cast(),
            )
        };
        if let Some(panic) = serving.panic {
            resume_unwind(panic);
        }
    }
}

impl<C: ClientContext> Drop for LogQueue<'_, C> {
    fn drop(&mut self) {
        for &partition in &self.started {
            self.stop_native(partition);
        }
        // SAFETY: the handle came from rd_kafka_queue_new and is given back once.
        unsafe { ffi::rd_kafka_queue_destroy(self.queue.as_ptr()) }
        // SAFETY: the handle came from rd_kafka_topic_new and is given back once.
        unsafe { ffi::rd_kafka_topic_destroy(self.topic.as_ptr()) }
    }
}

struct Serving<'s> {
    sink: &'s mut dyn FnMut(Fetched<'_>),
    panic: Option<Box<dyn Any + Send>>,
}

/// Called by librdkafka for each message; must not unwind into it.
unsafe extern "C" fn on_message(message: *mut RDKafkaMessage, opaque: *mut c_void) {
    // SAFETY: `opaque` is the `Serving` of the `serve` call that we are in, and nobody else has a
    // reference to it while librdkafka calls back.
    let serving = unsafe { &mut *opaque.cast::<Serving<'_>>() };
    if serving.panic.is_some() {
        return;
    }
    // SAFETY: librdkafka gives a valid message that lives until this function returns.
    let raw = unsafe { &*message };
    let sink = &mut *serving.sink;
    serving.panic = catch_unwind(AssertUnwindSafe(|| sink(fetched(raw)))).err();
}

fn fetched(raw: &RDKafkaMessage) -> Fetched<'_> {
    // librdkafka never gives a message without a partition to a partition's queue.
    let partition = u32::try_from(raw.partition).unwrap_or(u32::MAX);
    match RDKafkaErrorCode::from(raw.err) {
        RDKafkaErrorCode::NoError => {
            // SAFETY: the message is alive, and it is a consumer's, whose epoch is set.
            let epoch = unsafe { ffi::rd_kafka_message_leader_epoch(raw) };
            // SAFETY: librdkafka's key pointer is null or valid for its length.
            let key = unsafe { bytes(raw.key, raw.key_len, raw) };
            // SAFETY: as for the key.
            let value = unsafe { bytes(raw.payload, raw.len, raw) };
            Fetched::Record(Record { partition, offset: raw.offset, epoch, key, value })
        }
        RDKafkaErrorCode::PartitionEOF => Fetched::End { partition, offset: raw.offset },
        code => {
            // SAFETY: an error's payload is its text, null or valid for its length.
            let reason = unsafe { bytes(raw.payload, raw.len, raw) };
            let reason = std::str::from_utf8(reason.unwrap_or_default()).unwrap_or("");
            Fetched::Error { partition, code, reason }
        }
    }
}

/// The bytes at `start`, `None` for null.
///
/// # Safety
/// `start` must be null or valid for reads of `length` bytes for as long as `_owner` is borrowed.
unsafe fn bytes(start: *mut c_void, length: usize, _owner: &RDKafkaMessage) -> Option<&[u8]> {
    if start.is_null() {
        return None;
    }
    // SAFETY: the caller vouches for it.
    Some(unsafe { std::slice::from_raw_parts(start.cast::<u8>(), length) })
}

fn new_topic<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
) -> Result<NonNull<RDKafkaTopic>, RDKafkaErrorCode> {
    let name = CString::new(topic).map_err(|_| RDKafkaErrorCode::InvalidTopic)?;
    // SAFETY: the client is borrowed, so it is alive; the name is copied; a null configuration
    // means the client's own topic properties.
    let handle =
        unsafe { ffi::rd_kafka_topic_new(client.native_ptr(), name.as_ptr(), ptr::null_mut()) };
    NonNull::new(handle).ok_or_else(last_error)
}

fn last_error() -> RDKafkaErrorCode {
    // SAFETY: it reads a variable of the calling thread.
    unsafe { ffi::rd_kafka_last_error() }.into()
}

/// librdkafka decides for each partition when to look at it again. While a batch of an idempotent
/// producer is in flight and another is ready, its answer is "now": its thread spins until the
/// acknowledgement comes, which takes a whole processor. The linker puts this function before
/// librdkafka's own (`build.rs`), and it changes "now" into "soon". What is ready is still sent at
/// once, and an acknowledgement wakes the thread anyway.
#[cfg(not(librdkafka_spins))]
mod wakeup {
    use super::{c_void, ffi, ptr};

    /// How soon, microseconds.
    const SOON_US: i64 = 500;

    const _: () = assert!(
        ffi::RD_KAFKA_VERSION == 0x020c_01ff,
        "this is for librdkafka 2.12.1. In the new one, compare rd_kafka_msgq_allow_wakeup_at and \
         its two callers with what is written here, and run the test `worker_cpu` with and without \
         the linker's option; when it does not spin any more, build.rs and this module can go"
    );

    unsafe extern "C" {
        /// librdkafka's own: answers whether a batch is ready, and lowers `next_wakeup`, which may
        /// be null, to the time of the next one.
        fn __real_rd_kafka_msgq_allow_wakeup_at(
            queue: *mut c_void,
            sending: *const c_void,
            next_wakeup: *mut i64,
            now: i64,
            linger_us: i64,
            batch_messages: i32,
            batch_bytes: i64,
        ) -> u8;
    }

    /// # Safety
    /// Called by librdkafka only, in place of its own function and with that one's arguments.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn __wrap_rd_kafka_msgq_allow_wakeup_at(
        queue: *mut c_void,
        sending: *const c_void,
        next_wakeup: *mut i64,
        now: i64,
        linger_us: i64,
        batch_messages: i32,
        batch_bytes: i64,
    ) -> u8 {
        let mut own = i64::MAX;
        let asked = if next_wakeup.is_null() { ptr::null_mut() } else { &raw mut own };
        // SAFETY: the arguments are librdkafka's, but for a place of ours for its answer.
        let ready = unsafe {
            __real_rd_kafka_msgq_allow_wakeup_at(
                queue,
                sending,
                asked,
                now,
                linger_us,
                batch_messages,
                batch_bytes,
            )
        };
        // SAFETY: null, or a variable of the calling thread's.
        if let Some(next_wakeup) = unsafe { next_wakeup.as_mut() } {
            let own = if own <= now { now + SOON_US } else { own };
            *next_wakeup = (*next_wakeup).min(own);
        }
        ready
    }
}
