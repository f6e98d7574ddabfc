//! Producer defaults where a scenario sets nothing, so that librdkafka behaves like the Java
//! producer.

use super::Timing;

/// Java's defaults, where librdkafka has the property, and explicit values for the others.
/// linger.ms is neither: at Java's 0 or 5 ms a paced producer sends one request per message, and a
/// small machine falls behind; 20 ms limits it to 50 requests per second.
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

/// Lowered with fast timing, to match the brokers'.
const FAST: &[(&str, &str)] = &[
    ("message.timeout.ms", "60000"),
    ("request.timeout.ms", "3000"),
    ("socket.connection.setup.timeout.ms", "3000"),
    ("socket.timeout.ms", "3000"),
];

/// Every property that is set, by name. If one comes twice, the last value counts.
pub(crate) fn producer_defaults(
    timing: Timing,
) -> impl Iterator<Item = (&'static str, &'static str)> {
    let fast: &[(&str, &str)] = if timing == Timing::Fast { FAST } else { &[] };
    STOCK.iter().chain(fast).copied()
}

/// The default value of a property, if the plan sets one.
pub(crate) fn producer_default(name: &str, timing: Timing) -> Option<&'static str> {
    // Fast timing's values come last, and win.
    producer_defaults(timing).filter(|(known, _)| *known == name).last().map(|(_, value)| value)
}
