# Puts the environment's KAFKA_CFG_* on top of the properties that it reads, as the Bitnami 3.8
# image does: prefix off, lower case, "_" to ".". KAFKA_X stands for KAFKA_CFG_X with the names
# below, and wins over it.
BEGIN {
  aliases = "ADVERTISED_LISTENERS AUTO_CREATE_TOPICS_ENABLE BROKER_ID NODE_ID " \
    "CONTROLLER_QUORUM_VOTERS PROCESS_ROLES DEFAULT_REPLICATION_FACTOR DELETE_TOPIC_ENABLE " \
    "INTER_BROKER_LISTENER_NAME LISTENERS LISTENER_SECURITY_PROTOCOL_MAP LOG_DIRS " \
    "LOG_FLUSH_INTERVAL_MESSAGES LOG_FLUSH_INTERVAL_MS LOG_RETENTION_BYTES " \
    "LOG_RETENTION_CHECK_INTERVAL_MS LOG_RETENTION_HOURS LOG_SEGMENT_BYTES MESSAGE_MAX_BYTES " \
    "NUM_IO_THREADS NUM_NETWORK_THREADS NUM_PARTITIONS NUM_RECOVERY_THREADS_PER_DATA_DIR " \
    "OFFSETS_TOPIC_REPLICATION_FACTOR SOCKET_RECEIVE_BUFFER_BYTES SOCKET_REQUEST_MAX_BYTES " \
    "SOCKET_SEND_BUFFER_BYTES TRANSACTION_STATE_LOG_MIN_ISR " \
    "TRANSACTION_STATE_LOG_REPLICATION_FACTOR"
  for (name in ENVIRON)
    if (name ~ /^KAFKA_CFG_./) set(substr(name, 11), ENVIRON[name])
  count = split(aliases, alias, " ")
  for (i = 1; i <= count; i++)
    if (("KAFKA_" alias[i]) in ENVIRON) set(alias[i], ENVIRON["KAFKA_" alias[i]])
  FS = "="
}

function set(key, value) {
  key = tolower(key)
  gsub(/_/, ".", key)
  # Names of security protocols keep theirs.
  sub(/sasl\.ssl/, "sasl_ssl", key)
  sub(/sasl\.plaintext/, "sasl_plaintext", key)
  gsub(/\n/, " ", value)
  properties[key] = value
}

/^[a-z]/ && ($1 in properties) { next }
{ print }
END { for (key in properties) print key "=" properties[key] | "sort" }
