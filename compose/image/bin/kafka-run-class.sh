#!/bin/sh
# kafka-run-class.sh CLASS ARGUMENT...: becomes java with Kafka's jars, and with the class-data
# archive of CLASS. With KAFKA_CDS=dump java writes that archive when it ends; with KAFKA_CDS=on
# it refuses to start without one. Otherwise java goes without where the archive does not fit.
home=/opt/bitnami/kafka
archive=$home/cds/$1.jsa
case ${KAFKA_CDS:-auto} in
  dump) cds="-XX:ArchiveClassesAtExit=$archive -Xlog:cds=off -Xlog:cds+dynamic=off" ;;
  on) cds="-XX:SharedArchiveFile=$archive -Xshare:on" ;;
  *) cds="-XX:SharedArchiveFile=$archive -Xshare:auto -Xlog:cds=off -Xlog:cds+dynamic=off" ;;
esac
# shellcheck disable=SC2086 # options are words of their own
exec java ${KAFKA_HEAP_OPTS:--Xmx256m} $cds \
  ${KAFKA_JVM_PERFORMANCE_OPTS:--XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35} \
  -Djava.awt.headless=true -Dkafka.logs.dir=$home/logs \
  ${KAFKA_LOG4J_OPTS:--Dlog4j.configuration=file:$home/config/log4j.properties -Dlog4j2.configurationFile=$home/config/log4j2.properties} \
  ${KAFKA_OPTS:-} @$home/classpath "$@"
