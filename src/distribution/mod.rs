//! Which Kafka: versions, jars with their SHA-256 sums, Java, the cache.
