//! [`report`] reads a delivery report, with the message's persistence.
#![expect(unsafe_code, reason = "rdkafka has no safe call for the status of a message")]

use rdkafka::Message;
use rdkafka::bindings as ffi;
use rdkafka::message::BorrowedMessage;
use rdkafka::types::{RDKafkaErrorCode, RDKafkaMessage};
use serde::{Deserialize, Serialize};
use std::ffi::CStr;

/// librdkafka's `rd_kafka_msg_status_t`: whether a message can be in a broker's log. It covers all
/// attempts: once possibly persisted, a message never goes back to not persisted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Persistence {
    /// No attempt can have written it, according to librdkafka.
    NotPersisted,
    /// An attempt was sent, and no conclusive answer came.
    PossiblyPersisted,
    /// A broker said that it is written.
    Persisted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// `NoError` for success.
    pub code: RDKafkaErrorCode,
    pub persistence: Persistence,
    /// -1 if unknown.
    pub offset: i64,
    /// From hand-over to report.
    pub latency_us: u64,
}

pub(crate) fn report(message: &BorrowedMessage<'_>) -> Report {
    let raw: *const RDKafkaMessage = message.ptr();
    // SAFETY: the message is borrowed, so it is alive.
    let code = unsafe { (*raw).err };
    // SAFETY: as above; a delivery report's message is embedded in librdkafka's own, where it looks
    // for the status.
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

/// The name of a delivery report's error as Kafka writes it (`_MSG_TIMED_OUT`).
pub(crate) fn error_name(message: &BorrowedMessage<'_>) -> String {
    // SAFETY: the message is borrowed, so it is alive.
    let code = unsafe { (*message.ptr()).err };
    // SAFETY: it takes any code and returns a C string, static or the calling thread's own.
    let name = unsafe { ffi::rd_kafka_err2name(code) };
    // SAFETY: as above; the string is copied before the next call could change it.
    let name = unsafe { CStr::from_ptr(name) };
    name.to_string_lossy().into_owned()
}
