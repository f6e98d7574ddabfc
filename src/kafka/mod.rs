//! Talking to Kafka as an operator: topics, watching each broker, reading the log.

pub mod log;
