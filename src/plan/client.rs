//! A cell's producer: every librdkafka property that matters, explicitly, so that it behaves as
//! the Java producer does where the scenario says nothing else.

use super::conflict::Conflict;
use super::types::{ProducerPlan, Properties, Rate, Timing};
use crate::scenario::Settings;

const NOT_IN_CONFIG: &[&str] = &["rate", "message.bytes", "messages", "saturate"];

/// Java's defaults, where librdkafka has the property, and explicit values for the others.
/// linger.ms is the one that is neither: at Java's 0 or 5 ms a paced producer sends a request a
/// message, and a small machine falls behind; 20 ms bounds it to 50 requests a second.
const STOCK: &[(&str, &str)] = &[
    ("acks", "all"),
    ("allow.auto.create.topics", "false"),
    ("api.version.request.timeout.ms", "10000"),
    ("batch.num.messages", "10000"),
    ("batch.size", "16384"),
    ("broker.address.family", "v4"),
    ("broker.address.ttl", "1000"),
    ("client.dns.lookup", "use_all_dns_ips"),
    ("compression.type", "none"),
    ("connections.max.idle.ms", "540000"),
    ("enable.gapless.guarantee", "false"),
    ("enable.metrics.push", "false"),
    ("enable.random.seed", "true"),
    ("linger.ms", "20"),
    ("log.connection.close", "false"),
    ("log_level", "6"),
    ("max.in.flight.requests.per.connection", "5"),
    ("message.copy.max.bytes", "65535"),
    ("message.max.bytes", "1048576"),
    ("message.timeout.ms", "120000"),
    ("metadata.max.age.ms", "900000"),
    ("metadata.recovery.strategy", "rebootstrap"),
    ("metadata.recovery.rebootstrap.trigger.ms", "300000"),
    ("queue.buffering.backpressure.threshold", "1"),
    ("queue.buffering.max.kbytes", "1048576"),
    ("queue.buffering.max.messages", "1000000"),
    ("receive.message.max.bytes", "100000000"),
    ("reconnect.backoff.max.ms", "1000"),
    ("reconnect.backoff.ms", "50"),
    ("request.timeout.ms", "30000"),
    ("retries", "2147483647"),
    ("retry.backoff.max.ms", "1000"),
    ("retry.backoff.ms", "100"),
    ("socket.connection.setup.timeout.ms", "10000"),
    ("socket.keepalive.enable", "true"),
    ("socket.max.fails", "1"),
    ("socket.nagle.disable", "true"),
    ("socket.receive.buffer.bytes", "0"),
    ("socket.send.buffer.bytes", "0"),
    ("socket.timeout.ms", "30000"),
    ("statistics.interval.ms", "0"),
    ("sticky.partitioning.linger.ms", "0"),
    ("topic.metadata.propagation.max.ms", "30000"),
    ("topic.metadata.refresh.fast.interval.ms", "100"),
    ("topic.metadata.refresh.interval.ms", "300000"),
    ("topic.metadata.refresh.sparse", "true"),
];

/// What fast timing lowers, to match the brokers'.
const FAST: &[(&str, &str)] = &[
    ("message.timeout.ms", "60000"),
    ("request.timeout.ms", "3000"),
    ("socket.connection.setup.timeout.ms", "3000"),
    ("socket.timeout.ms", "3000"),
];

/// As many messages wait for the broker when the producer is not paced: more would only be memory.
const UNPACED_QUEUE_MESSAGES: &str = "200000";

/// The value of a property where the scenario says nothing of it, if the plan sets one.
pub fn producer_default(name: &str, timing: Timing) -> Option<&'static str> {
    let fast: &[(&str, &str)] = if timing == Timing::Fast { FAST } else { &[] };
    let known = fast.iter().chain(STOCK).find(|(known, _)| *known == name);
    known.map(|(_, value)| *value)
}

/// The producer of one cell, and what a person should know of it.
///
/// # Errors
/// When its properties contradict each other.
pub fn plan(
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
    let fast: &[(&str, &str)] = if timing == Timing::Fast { FAST } else { &[] };
    for (name, value) in STOCK.iter().chain(fast) {
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

/// Java's rule: idempotence is on unless something that was set rules it out; asked for
/// explicitly, that is a contradiction instead.
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
            // Nothing is listening; making the producer is what librdkafka must agree to.
            config.set("bootstrap.servers", "127.0.0.1:9");
            let made: Result<BaseProducer, _> = config.create();
            assert!(made.is_ok(), "{timing:?}: {:?}", made.err());
        }
    }
}
