//! [`LogQueue`] reads a topic by callback.
#![expect(unsafe_code, reason = "rdkafka has no safe call for it, and it decides the speed")]

use super::topic::{last_error, new_topic};
use rdkafka::bindings as ffi;
use rdkafka::client::{Client, ClientContext};
use rdkafka::types::{RDKafkaErrorCode, RDKafkaMessage, RDKafkaTopic};
use std::any::Any;
use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::NonNull;
use std::time::Duration;

/// What reading a topic yields, one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fetched<'m> {
    Record(Record<'m>),
    /// The partition's end: the offset of the next record.
    End {
        partition: u32,
        offset: i64,
    },
    /// librdkafka met an error on this partition; it retries if that makes sense.
    Error {
        partition: u32,
        code: RDKafkaErrorCode,
        reason: &'m str,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'m> {
    pub partition: u32,
    pub offset: i64,
    /// The leader epoch in which it was appended, -1 if the broker did not say.
    pub epoch: i32,
    pub key: Option<&'m [u8]>,
    pub value: Option<&'m [u8]>,
}

/// Reads partitions of one topic into its own queue, without a consumer group: nothing is
/// committed, no coordinator is looked up (which would create `__consumer_offsets`), and only
/// fetched records and their errors come to this queue. That makes the callback form safe: on a
/// client's main queue it aborts at the first op of another kind.
pub(crate) struct LogQueue<'c, C: ClientContext> {
    topic: NonNull<RDKafkaTopic>,
    queue: NonNull<ffi::rd_kafka_queue_t>,
    started: Vec<i32>,
    /// Keeps the client alive longer than the handles.
    _client: &'c Client<C>,
}

impl<'c, C: ClientContext> LogQueue<'c, C> {
    /// A queue for `topic`; nothing is started.
    ///
    /// # Errors
    /// librdkafka's code if it refuses the topic's name.
    pub(crate) fn new(client: &'c Client<C>, topic: &str) -> Result<Self, RDKafkaErrorCode> {
        let topic = new_topic(client, topic)?;
        // SAFETY: the client is borrowed, so it is alive.
        let queue = unsafe { ffi::rd_kafka_queue_new(client.native_ptr()) };
        let queue = NonNull::new(queue).expect("rd_kafka_queue_new allocates or aborts");
        Ok(LogQueue { topic, queue, started: Vec::new(), _client: client })
    }

    /// Starts fetching `partition` from `offset`.
    pub(crate) fn start(&mut self, partition: u32, offset: i64) -> Result<(), RDKafkaErrorCode> {
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

    /// Stops fetching `partition`. What was fetched already may still come.
    pub(crate) fn stop(&mut self, partition: u32) {
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

    /// Waits up to `timeout` for something, and passes everything available to `sink`. A panic in
    /// `sink` is caught and resumed here, outside of C.
    pub(crate) fn serve(&mut self, timeout: Duration, sink: &mut dyn FnMut(Fetched<'_>)) {
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
        // SAFETY: the handle came from rd_kafka_queue_new and is returned once.
        unsafe { ffi::rd_kafka_queue_destroy(self.queue.as_ptr()) }
        // SAFETY: the handle came from rd_kafka_topic_new and is returned once.
        unsafe { ffi::rd_kafka_topic_destroy(self.topic.as_ptr()) }
    }
}

struct Serving<'s> {
    sink: &'s mut dyn FnMut(Fetched<'_>),
    panic: Option<Box<dyn Any + Send>>,
}

/// Called by librdkafka for each message; must not unwind into it.
unsafe extern "C" fn on_message(message: *mut RDKafkaMessage, opaque: *mut c_void) {
    // SAFETY: `opaque` is the `Serving` of the current `serve` call, and nothing else refers to it
    // while librdkafka calls back.
    let serving = unsafe { &mut *opaque.cast::<Serving<'_>>() };
    if serving.panic.is_some() {
        return;
    }
    // SAFETY: librdkafka passes a valid message that lives until this function returns.
    let raw = unsafe { &*message };
    let sink = &mut *serving.sink;
    serving.panic = catch_unwind(AssertUnwindSafe(|| sink(fetched(raw)))).err();
}

fn fetched(raw: &RDKafkaMessage) -> Fetched<'_> {
    // librdkafka never puts a message without a partition into a partition's queue.
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
