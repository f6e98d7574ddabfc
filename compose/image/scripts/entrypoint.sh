#!/bin/sh
# Configuration from the environment and storage, each made once for a container; then the command.
set -eu
home=/opt/bitnami/kafka
scripts=/opt/bitnami/scripts/kafka
conf=$home/config/server.properties

die() {
  printf 'kafka: %s\n' "$*" >&2
  exit 1
}

configure() {
  [ -e "$conf" ] && return
  awk -f $scripts/env2properties.awk $conf.original > $conf.new
  for key in process.roles node.id controller.listener.names; do
    grep -q "^$key=." $conf.new ||
      die "$key is not set (KAFKA_CFG_$(printf %s "$key" | tr a-z. A-Z_))"
  done
  mv $conf.new $conf
}

format() {
  data=$(sed -n 's/^log\.dirs=//p' $conf | cut -d , -f 1)
  mkdir -p "$data"
  [ -e "$data/meta.properties" ] && return
  id=${KAFKA_KRAFT_CLUSTER_ID:-${KAFKA_CLUSTER_ID:-}}
  if [ -z "$id" ]; then
    # The last line: Kafka may log to standard output before it.
    id=$($home/bin/kafka-run-class.sh kafka.tools.StorageTool random-uuid | tail -n 1)
    echo "kafka: neither KAFKA_KRAFT_CLUSTER_ID nor KAFKA_CLUSTER_ID is set, took $id" >&2
  fi
  $home/bin/kafka-run-class.sh kafka.tools.StorageTool format --config $conf \
    --ignore-formatted --cluster-id "$id"
}

if [ "${1:-}" = $scripts/run.sh ]; then
  case ${BITNAMI_DEBUG:-no} in
    yes | true | 1) debug=1 && set -x ;;
    *) debug= ;;
  esac
  configure
  [ -z "$debug" ] || cat $conf
  format
fi
exec "$@"
