//! The worker processes: producer, stamp, pacing; `native` holds the only librdkafka FFI.
