#!/bin/sh
# Becomes the broker, with the heap that the Bitnami image gives it: java is process 1.
KAFKA_HEAP_OPTS=${KAFKA_HEAP_OPTS:--Xmx1024m -Xms1024m}
export KAFKA_HEAP_OPTS
exec /opt/bitnami/kafka/bin/kafka-run-class.sh kafka.Kafka /opt/bitnami/kafka/config/server.properties
