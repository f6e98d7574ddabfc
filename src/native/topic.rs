//! librdkafka's topic handle and last error, which sending and reading share.
#![expect(unsafe_code, reason = "rdkafka makes no such handles")]

use rdkafka::bindings as ffi;
use rdkafka::client::{Client, ClientContext};
use rdkafka::types::{RDKafkaErrorCode, RDKafkaTopic};
use std::ffi::CString;
use std::ptr::{self, NonNull};

/// A topic handle, which must be returned by `rd_kafka_topic_destroy` before its client goes.
///
/// # Errors
/// librdkafka's code if it refuses the topic's name.
pub(super) fn new_topic<C: ClientContext>(
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

/// Why the calling thread's last call into librdkafka failed.
pub(super) fn last_error() -> RDKafkaErrorCode {
    // SAFETY: it reads a thread-local variable.
    unsafe { ffi::rd_kafka_last_error() }.into()
}
