//! [`TopicProducer`] sends without copying the value.
#![expect(unsafe_code, reason = "rdkafka has no safe call for it, and it decides the speed")]

use super::topic::{last_error, new_topic};
use rdkafka::bindings as ffi;
use rdkafka::producer::{BaseProducer, Producer, ProducerContext};
use rdkafka::types::{RDKafkaErrorCode, RDKafkaTopic};
use std::ffi::c_int;
use std::ptr::{self, NonNull};
use std::time::Duration;

/// A producer bound to one topic, all of whose messages share one value.
///
/// Fields are dropped in order, and the order matters: `Drop::drop` returns the topic handle, then
/// `producer` purges and destroys the client, which joins librdkafka's threads and frees every
/// message that points into `value`; `value` goes last.
pub(crate) struct TopicProducer<C: ProducerContext + 'static> {
    topic: NonNull<RDKafkaTopic>,
    producer: BaseProducer<C>,
    value: Box<[u8]>,
}

// SAFETY: librdkafka's handles may be used from any thread, as its header promises; the other
// fields are Send.
unsafe impl<C: ProducerContext + 'static> Send for TopicProducer<C> {}
// SAFETY: as above; `rd_kafka_produce` is thread-safe, and `value` is never written to.
unsafe impl<C: ProducerContext + 'static> Sync for TopicProducer<C> {}

impl<C: ProducerContext + 'static> TopicProducer<C> {
    /// Fails with librdkafka's code if it refuses the topic's name.
    pub(crate) fn new(
        producer: BaseProducer<C>,
        topic: &str,
        value: Box<[u8]>,
    ) -> Result<Self, RDKafkaErrorCode> {
        let topic = new_topic(producer.client(), topic)?;
        Ok(TopicProducer { topic, producer, value })
    }

    /// The underlying producer: to poll, to purge, to query metadata.
    pub(crate) fn producer(&self) -> &BaseProducer<C> {
        &self.producer
    }

    /// Hands over one message; never blocks. `opaque` comes back in its delivery report.
    ///
    /// # Errors
    /// librdkafka's code; the message was not handed over.
    pub(crate) fn produce(
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

    /// Flushes, and waits until another thread has served every delivery report; `false` after
    /// `timeout`.
    pub(crate) fn wait_until_reported(&self, timeout: Duration) -> bool {
        let timeout_ms = c_int::try_from(timeout.as_millis()).unwrap_or(c_int::MAX);
        // SAFETY: the client lives as long as `self`.
        let code = unsafe { ffi::rd_kafka_flush(self.producer.client().native_ptr(), timeout_ms) };
        RDKafkaErrorCode::from(code) == RDKafkaErrorCode::NoError
    }
}

impl<C: ProducerContext + 'static> Drop for TopicProducer<C> {
    fn drop(&mut self) {
        // SAFETY: the handle came from rd_kafka_topic_new and is returned once, before its client,
        // which the field order drops next.
        unsafe { ffi::rd_kafka_topic_destroy(self.topic.as_ptr()) }
    }
}
