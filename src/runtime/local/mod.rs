//! Real Kafka brokers as JVM processes in private user, PID and network namespaces: no root, no
//! Docker, no fixed ports. The kernel removes everything when the tool dies.
