#!/bin/sh
# Build only: formats and starts one broker, so that both Java programs get their class-data
# archives, and says of each whether it is taken: Java passes over one that does not fit without
# a word. What is not taken costs processor time at each start, and nothing else.
set -eu
scripts=/opt/bitnami/scripts/kafka
home=/opt/bitnami/kafka
log=/tmp/warm-up.log

train() {
  KAFKA_CDS=dump KAFKA_HEAP_OPTS=-Xmx256m KAFKA_KRAFT_CLUSTER_ID=6bcA_X9JR0eN9YhP3dYKnw \
  KAFKA_CFG_NODE_ID=0 KAFKA_CFG_PROCESS_ROLES=controller,broker \
  KAFKA_CFG_CONTROLLER_QUORUM_VOTERS=0@127.0.0.1:9093 \
  KAFKA_CFG_CONTROLLER_LISTENER_NAMES=CONTROLLER \
  KAFKA_CFG_LISTENERS=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093 \
  KAFKA_CFG_LISTENER_SECURITY_PROTOCOL_MAP=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT \
    $scripts/entrypoint.sh $scripts/run.sh > $log 2>&1 &
  broker=$!
  tries=0
  until grep -q 'Kafka Server started' $log; do
    tries=$((tries + 1))
    if [ $tries -gt 900 ] || ! kill -0 $broker 2> /dev/null; then
      cat $log
      echo "warm-up: the broker did not start" >&2
      exit 1
    fi
    sleep 0.2
  done
  kill $broker
  wait $broker || true
}

# proved HEAP JVM_OPTIONS CLASS ARGUMENT: whether CLASS comes out of its archive with these.
proved() {
  KAFKA_CDS=on KAFKA_HEAP_OPTS=$1 KAFKA_JVM_PERFORMANCE_OPTS="$2" KAFKA_OPTS=-Xlog:class+load \
    $home/bin/kafka-run-class.sh "$3" "$4" > $log 2>&1
  grep -q "$3 source: shared objects file (top)" $log
}

# prove NAME HEAP JVM_OPTIONS
prove() {
  for program in "kafka.tools.StorageTool random-uuid" "kafka.Kafka --version"; do
    class=${program% *}
    if proved "$2" "$3" "$class" "${program#* }"; then
      echo "class data: the archive of $class is taken with $1"
    else
      echo "class data: the archive of $class is NOT taken with $1: it starts slower"
      tail -n 3 $log
    fi
  done
}

train
prove "the options of chaos" -Xmx256m \
  "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xss512k -XX:-UsePerfData"
prove "G1 and 1 GB" "-Xmx1024m -Xms1024m" ""
rm -rf $log /tmp/hsperfdata_* $home/logs/* /bitnami/kafka/data/* $home/config/server.properties
