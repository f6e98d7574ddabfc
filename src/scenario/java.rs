//! The Java producer's names for properties that librdkafka names differently or lacks. The sender
//! is librdkafka, so a scenario uses its names.

/// The Java producer's properties that librdkafka does not know, and what to do instead.
const NAMES: &[(&str, &str)] = &[
    ("buffer.memory", "librdkafka's is `queue.buffering.max.kbytes`, in KiB"),
    ("compression.gzip.level", "librdkafka's is `compression.level`"),
    ("compression.lz4.level", "librdkafka's is `compression.level`"),
    ("compression.zstd.level", "librdkafka's is `compression.level`"),
    ("interceptor.classes", "librdkafka has none: leave it out"),
    ("key.serializer", "librdkafka has none: the tool makes the bytes of keys itself"),
    (
        "max.block.ms",
        "librdkafka has none: where its queue is full the tool waits and sends later, as long as \
         it takes",
    ),
    ("max.request.size", "librdkafka's is `message.max.bytes`"),
    (
        "metadata.max.idle.ms",
        "librdkafka has none: it keeps a topic's metadata as long as it sends to it",
    ),
    ("metric.reporters", "librdkafka has none: leave it out"),
    ("metrics.num.samples", "librdkafka has none: leave it out"),
    ("metrics.recording.level", "librdkafka has none: leave it out"),
    ("metrics.sample.window.ms", "librdkafka has none: leave it out"),
    (
        "partitioner.adaptive.partitioning.enable",
        "librdkafka has none: the tool chooses the partition of every message",
    ),
    (
        "partitioner.availability.timeout.ms",
        "librdkafka has none: the tool chooses the partition of every message",
    ),
    ("partitioner.class", "librdkafka has none: the tool chooses the partition of every message"),
    (
        "partitioner.ignore.keys",
        "librdkafka has none: the tool chooses the partition of every message",
    ),
    ("receive.buffer.bytes", "librdkafka's is `socket.receive.buffer.bytes`"),
    ("send.buffer.bytes", "librdkafka's is `socket.send.buffer.bytes`"),
    (
        "socket.connection.setup.timeout.max.ms",
        "librdkafka has one bound, `socket.connection.setup.timeout.ms`",
    ),
    ("value.serializer", "librdkafka has none: the tool makes the bytes of values itself"),
];

/// librdkafka's counterpart of a Java producer's property; `None` if the name is no such property,
/// or librdkafka knows it too.
pub(super) fn counterpart(name: &str) -> Option<&'static str> {
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, told)| *told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::names;

    #[test]
    fn only_what_librdkafka_does_not_know_is_answered_and_with_what_it_knows() {
        for (name, told) in NAMES {
            let known = names::CLIENT.iter().chain(names::ALIASES.iter().map(|(alias, _)| alias));
            assert!(!known.clone().any(|known| known == name), "librdkafka knows {name}");
            if let Some(own) = told.split('`').nth(1) {
                assert!(known.clone().any(|known| *known == own), "{own} cannot be set");
            }
        }
    }
}
