//! Kafka's frames: from a request to bytes, and from bytes to an answer.

use crate::kafka::api::Ask;
use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::{RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, StrBytes};

/// Far above any answer to the operator; a longer one is not Kafka's.
pub(crate) const ANSWER_BYTES_MAX: usize = 16 << 20;
/// The operator's `client.id`, for the brokers' request logs.
const CLIENT_ID: &str = "chaos-operator";

pub(super) fn encode<A: Ask>(request: &A, correlation_id: i32) -> Result<BytesMut, String> {
    let header = RequestHeader::default()
        .with_request_api_key(A::API as i16)
        .with_request_api_version(A::VERSION)
        .with_correlation_id(correlation_id)
        .with_client_id(Some(StrBytes::from_static_str(CLIENT_ID)));
    let mut frame = BytesMut::with_capacity(1 << 10);
    frame.put_i32(0);
    header
        .encode(&mut frame, A::header_version(A::VERSION))
        .and_then(|()| request.encode(&mut frame, A::VERSION))
        .map_err(|error| format!("the request cannot be encoded: {error}"))?;
    let length = i32::try_from(frame.len() - 4).map_err(|_| "the request is too long")?;
    frame[..4].copy_from_slice(&length.to_be_bytes());
    Ok(frame)
}

/// The answer's bytes after their length, once all are there.
pub(super) fn take(inbox: &mut BytesMut) -> Result<Option<Bytes>, String> {
    let Some(length) = inbox.first_chunk::<4>() else { return Ok(None) };
    let length = i32::from_be_bytes(*length);
    let bytes = usize::try_from(length)
        .ok()
        .filter(|bytes| (4..=ANSWER_BYTES_MAX).contains(bytes))
        .ok_or_else(|| {
            format!("an answer of {length} bytes (4 to {ANSWER_BYTES_MAX} are possible)")
        })?;
    let after = 4 + bytes;
    match inbox.len() {
        have if have < after => Ok(None),
        have if have > after => Err(format!("{} unexpected bytes after the answer", have - after)),
        _ => Ok(Some(inbox.split().freeze().slice(4..))),
    }
}

pub(super) fn decode<A: Ask>(mut frame: Bytes, correlation_id: i32) -> Result<A::Answer, String> {
    let unreadable = |error| format!("the answer cannot be decoded: {error}");
    let header = ResponseHeader::decode(&mut frame, A::Answer::header_version(A::VERSION))
        .map_err(unreadable)?;
    if header.correlation_id != correlation_id {
        return Err(format!(
            "the answer belongs to request {}, not to {correlation_id}",
            header.correlation_id
        ));
    }
    let answer = A::Answer::decode(&mut frame, A::VERSION).map_err(unreadable)?;
    match frame.len() {
        0 => Ok(answer),
        left => {
            Err(format!("{left} bytes of the answer have no meaning in version {}", A::VERSION))
        }
    }
}
