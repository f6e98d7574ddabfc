//! Checks producer properties with librdkafka itself: names, forms and ranges, without a cluster,
//! and before any thread exists.

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;

/// The value, if librdkafka accepts it for that property.
///
/// # Errors
/// What it must be instead, as a fragment that follows "must be".
pub(super) fn check(name: &str, value: &str) -> Result<String, String> {
    if value.contains('\0') {
        return Err("text without a zero byte".to_owned());
    }
    let mut config = ClientConfig::new();
    config.set(name, value);
    match config.create_native_config() {
        Ok(_) => Ok(value.to_owned()),
        Err(KafkaError::ClientConfig(_, reason, _, _)) => {
            Err(format!("a value that librdkafka accepts; it says: {}", reason.trim()))
        }
        Err(other) => Err(format!("a value that librdkafka accepts; it says: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::names;
    use rdkafka::types::RDKafkaConfRes;

    #[test]
    fn every_listed_property_is_known_to_librdkafka() {
        let known = names::CLIENT.iter().chain(names::ALIASES.iter().map(|(alias, _)| alias));
        let owned = names::CLIENT_OWN.iter().map(|(name, _)| name);
        let is_unknown = |name: &str| {
            let mut config = ClientConfig::new();
            config.set(name, "no such value");
            matches!(
                config.create_native_config().err(),
                Some(KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, ..))
            )
        };
        for name in known.chain(owned) {
            assert!(!is_unknown(name), "{name} is no property of librdkafka");
        }
        assert!(is_unknown("linger.msec"), "the check above could not fail");
    }

    #[test]
    fn librdkafka_refuses_what_is_out_of_range() {
        assert_eq!(check("linger.ms", "200"), Ok("200".to_owned()));
        let reason = check("linger.ms", "-1").unwrap_err();
        assert!(reason.contains("linger.ms") || reason.contains("queue.buffering"), "{reason}");
        assert!(check("compression.type", "brotli").is_err());
        assert!(check("linger.ms", "a\0b").is_err());
    }
}
