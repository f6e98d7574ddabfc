//! A cell's producer: every relevant librdkafka property is explicit, and by default it behaves
//! like the Java producer.

use super::conflict::Conflict;
use super::types::ProducerPlan;
use crate::model::{Properties, Rate, Timing, producer_defaults};
use crate::scenario::Settings;

const NOT_IN_CONFIG: &[&str] = &["rate", "message.bytes", "messages", "saturate"];

/// The most messages that wait for the broker if the producer is not paced: more would only take
/// memory.
const UNPACED_QUEUE_MESSAGES: &str = "200000";

/// The producer of one cell, and a note about it. Fails if its properties contradict each other.
pub(super) fn plan(
    settings: &Settings,
    timing: Timing,
) -> Result<(ProducerPlan, Option<String>), Conflict> {
    let value = |name: &str| settings.get(name).map(|setting| setting.value.value.as_str());
    let rate = match value("rate").map(|rate| (rate, rate.parse())) {
        Some(("max", _)) => Rate::Max,
        Some((_, Ok(rate))) => Rate::PerSecond(rate),
        Some((_, Err(_))) | None => Rate::PerSecond(1000),
    };
    let mut config = Properties::new();
    for (name, value) in producer_defaults(timing) {
        config.insert((*name).to_owned(), (*value).to_owned());
    }
    if rate == Rate::Max {
        let queue = UNPACED_QUEUE_MESSAGES.to_owned();
        config.insert("queue.buffering.max.messages".to_owned(), queue);
    }
    for (name, setting) in settings {
        if !NOT_IN_CONFIG.contains(&name.as_str()) {
            config.insert(name.clone(), setting.value.value.clone());
        }
    }
    let note = idempotence(&mut config)?;
    check_order(&config)?;
    let plan = ProducerPlan {
        config,
        rate,
        message_bytes: value("message.bytes").and_then(|v| v.parse().ok()).unwrap_or(100),
        messages: value("messages").and_then(|v| v.parse().ok()),
        saturate: value("saturate") == Some("true"),
    };
    Ok((plan, note))
}

/// Java's rule: idempotence is on unless a setting rules it out; if it was set explicitly, that is
/// a contradiction instead.
fn idempotence(config: &mut Properties) -> Result<Option<String>, Conflict> {
    const NAME: &str = "enable.idempotence";
    let number = |name: &str| config.get(name).and_then(|v| v.parse::<u64>().ok());
    let against: Option<(&'static str, &'static str)> =
        if config.get("acks").is_some_and(|acks| acks != "all") {
            Some(("acks", "it needs `acks: all`"))
        } else if number("max.in.flight.requests.per.connection").is_some_and(|n| n > 5) {
            Some(("max.in.flight.requests.per.connection", "it needs 5 or less"))
        } else if number("retries") == Some(0) {
            Some(("retries", "it needs retries"))
        } else {
            None
        };
    let asked = config.get(NAME).cloned();
    match (asked.as_deref(), against) {
        (Some("true"), Some((property, help))) => {
            let value = config.get(property).cloned().unwrap_or_default();
            let message = format!("`enable.idempotence: true` contradicts `{property}: {value}`");
            Err(Conflict { properties: [property, NAME], message, help })
        }
        (None, Some((property, _))) => {
            let value = config.get(property).cloned().unwrap_or_default();
            config.insert(NAME.to_owned(), "false".to_owned());
            Ok(Some(format!(
                "{property}={value} turns enable.idempotence off, as in the Java producer, \
                 because the scenario does not ask for it"
            )))
        }
        (None, None) => {
            config.insert(NAME.to_owned(), "true".to_owned());
            Ok(None)
        }
        (Some(_), _) => Ok(None),
    }
}

/// What librdkafka refuses only when the producer is made, in a worker, long after the start.
fn check_order(config: &Properties) -> Result<(), Conflict> {
    let number = |name: &str| config.get(name).and_then(|v| v.parse::<f64>().ok()).unwrap_or(0.0);
    let text = |name: &str| config.get(name).map_or("", String::as_str);
    let is_idempotent = text("enable.idempotence") == "true";
    let conflict = |properties: [&'static str; 2], help| {
        let [a, b] = properties;
        let message = format!("`{a}: {}` contradicts `{b}: {}`", text(a), text(b));
        Err(Conflict { properties, message, help })
    };
    let timeout = number("message.timeout.ms");
    if timeout > 0.0 && timeout <= number("linger.ms") {
        let help = "a message would time out before it is sent: raise `message.timeout.ms`";
        return conflict(["message.timeout.ms", "linger.ms"], help);
    }
    if number("reconnect.backoff.max.ms") < number("reconnect.backoff.ms") {
        let help = "the longest wait cannot be the shorter one";
        return conflict(["reconnect.backoff.max.ms", "reconnect.backoff.ms"], help);
    }
    if is_idempotent && number("queue.buffering.backpressure.threshold") > 1.0 {
        let help = "librdkafka needs 1 for an idempotent producer";
        return conflict(["queue.buffering.backpressure.threshold", "enable.idempotence"], help);
    }
    if is_idempotent && text("queuing.strategy") == "lifo" {
        let help = "librdkafka needs `fifo` for an idempotent producer";
        return conflict(["queuing.strategy", "enable.idempotence"], help);
    }
    if !is_idempotent && text("enable.gapless.guarantee") == "true" {
        let help = "only an idempotent producer can guarantee that";
        return conflict(["enable.gapless.guarantee", "enable.idempotence"], help);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rdkafka::ClientConfig;
    use rdkafka::producer::BaseProducer;

    #[test]
    fn librdkafka_makes_a_producer_of_both_timings_as_they_are() {
        for timing in [Timing::Stock, Timing::Fast] {
            let (plan, note) = plan(&Settings::new(), timing).unwrap();
            assert_eq!(note, None);
            let mut config = ClientConfig::new();
            config.extend(plan.config.clone());
            // Nothing is listening; librdkafka only has to accept the configuration.
            config.set("bootstrap.servers", "127.0.0.1:9");
            let made: Result<BaseProducer, _> = config.create();
            assert!(made.is_ok(), "{timing:?}: {:?}", made.err());
        }
    }
}
