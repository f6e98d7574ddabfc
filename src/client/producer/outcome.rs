//! The one table from a delivery report to an [`Outcome`]: by librdkafka's error code AND by the
//! message's persistence, because a code alone (`_MSG_TIMED_OUT`) says nothing about the log.

use crate::ledger::Outcome;
use crate::native::Persistence;
use rdkafka::types::RDKafkaErrorCode as Code;

/// The outcome of a message whose delivery report has this code and persistence.
///
/// 1. No error: acknowledged. With acks=0 the status is "possibly persisted" even then; the ledger
///    counts it as acknowledged all the same, and every output calls it unconfirmed.
/// 2. Possibly persisted: unknown, whatever the code, `_PURGE_QUEUE` too: a message that waits for
///    its second attempt is purged from the queue, and the first may have been written.
/// 3. Persisted, and yet an error: unknown. The application got an error, so nothing was promised
///    and it can't count as lost; it is in a log, so it is not rejected either. (librdkafka turns
///    an idempotent producer's DUPLICATE_SEQUENCE_NUMBER into success.)
/// 4. Not persisted is trusted, except for the answers in `appended_before_answering` and for
///    `_PURGE_INFLIGHT`, where a request is out by definition: those are unknown.
pub(crate) fn classify(code: Code, persistence: Persistence) -> Outcome {
    match (code, persistence) {
        (Code::NoError, _) => Outcome::Acked,
        (_, Persistence::PossiblyPersisted | Persistence::Persisted)
        | (Code::PurgeInflight, Persistence::NotPersisted) => Outcome::Unknown,
        (code, Persistence::NotPersisted) if appended_before_answering(code) => Outcome::Unknown,
        (_, Persistence::NotPersisted) => Outcome::Rejected,
    }
}

/// Answers that a leader also gives for a batch that it has appended already and that was waiting
/// for its followers: it lost its leadership, its log folder or the topic meanwhile, or failed in
/// an unforeseen way. A follower may have fetched the batch, so it may survive. librdkafka marks
/// them "not persisted", which is true only of a refusal before the append.
fn appended_before_answering(code: Code) -> bool {
    matches!(
        code,
        Code::NotLeaderForPartition
            | Code::FencedLeaderEpoch
            | Code::KafkaStorageError
            | Code::UnknownTopicOrPartition
            | Code::Unknown
    )
}

/// What to do when librdkafka does not accept a message. It was never handed over, so the ledger's
/// entry can be taken back in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The queue is full: wait, and hand over the same message again.
    QueueFull,
    /// The topic or partition is not known at the moment: wait, count it, try again.
    NotNow,
    /// No later message will fare better: stop sending, and say why.
    Stop,
}

/// What an error of `rd_kafka_produce` requires.
pub(crate) fn refusal(code: Code) -> Refusal {
    match code {
        Code::QueueFull => Refusal::QueueFull,
        Code::UnknownPartition | Code::UnknownTopic => Refusal::NotNow,
        // MSG_SIZE_TOO_LARGE: all messages are equally large. _FATAL: the producer is dead.
        _ => Refusal::Stop,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::Persistence::{NotPersisted, Persisted, PossiblyPersisted};

    #[test]
    fn success_is_acknowledged() {
        assert_eq!(classify(Code::NoError, Persisted), Outcome::Acked);
    }

    #[test]
    fn success_with_acks_0_is_acknowledged_although_nobody_confirmed_it() {
        assert_eq!(classify(Code::NoError, PossiblyPersisted), Outcome::Acked);
    }

    #[test]
    fn too_few_replicas_seen_before_the_append_is_rejected() {
        assert_eq!(classify(Code::NotEnoughReplicas, NotPersisted), Outcome::Rejected);
    }

    #[test]
    fn too_few_replicas_seen_after_the_append_is_unknown() {
        let code = Code::NotEnoughReplicasAfterAppend;
        assert_eq!(classify(code, PossiblyPersisted), Outcome::Unknown);
    }

    #[test]
    fn a_timeout_while_it_was_queued_is_rejected() {
        assert_eq!(classify(Code::MessageTimedOut, NotPersisted), Outcome::Rejected);
    }

    #[test]
    fn a_timeout_after_an_attempt_is_unknown() {
        assert_eq!(classify(Code::MessageTimedOut, PossiblyPersisted), Outcome::Unknown);
    }

    #[test]
    fn a_broker_that_waited_too_long_for_its_followers_leaves_it_unknown() {
        assert_eq!(classify(Code::RequestTimedOut, PossiblyPersisted), Outcome::Unknown);
    }

    #[test]
    fn a_connection_closed_under_a_request_leaves_it_unknown() {
        assert_eq!(classify(Code::BrokerTransportFailure, PossiblyPersisted), Outcome::Unknown);
    }

    #[test]
    fn a_request_that_never_was_sent_is_rejected() {
        assert_eq!(classify(Code::BrokerTransportFailure, NotPersisted), Outcome::Rejected);
    }

    #[test]
    fn purged_from_the_queue_before_any_attempt_is_rejected() {
        assert_eq!(classify(Code::PurgeQueue, NotPersisted), Outcome::Rejected);
    }

    #[test]
    fn purged_from_the_queue_while_waiting_for_its_second_attempt_is_unknown() {
        assert_eq!(classify(Code::PurgeQueue, PossiblyPersisted), Outcome::Unknown);
    }

    #[test]
    fn purged_in_flight_is_unknown_whatever_the_status() {
        assert_eq!(classify(Code::PurgeInflight, PossiblyPersisted), Outcome::Unknown);
        assert_eq!(classify(Code::PurgeInflight, NotPersisted), Outcome::Unknown);
    }

    #[test]
    fn a_lost_sequence_leaves_what_was_in_flight_unknown() {
        assert_eq!(classify(Code::OutOfOrderSequenceNumber, PossiblyPersisted), Outcome::Unknown);
    }

    #[test]
    fn persisted_and_yet_an_error_was_promised_to_nobody() {
        assert_eq!(classify(Code::DuplicateSequenceNumber, Persisted), Outcome::Unknown);
        assert_eq!(classify(Code::MessageTimedOut, Persisted), Outcome::Unknown);
    }

    #[test]
    fn an_answer_that_also_comes_after_the_append_is_unknown_although_not_persisted() {
        let codes = [
            Code::NotLeaderForPartition,
            Code::FencedLeaderEpoch,
            Code::KafkaStorageError,
            Code::UnknownTopicOrPartition,
            Code::Unknown,
        ];
        for code in codes {
            assert_eq!(classify(code, NotPersisted), Outcome::Unknown, "{code:?}");
        }
    }

    #[test]
    fn a_code_that_is_not_listed_follows_the_status() {
        assert_eq!(classify(Code::InvalidRecord, PossiblyPersisted), Outcome::Unknown);
        assert_eq!(classify(Code::InvalidRecord, NotPersisted), Outcome::Rejected);
        assert_eq!(classify(Code::TopicAuthorizationFailed, NotPersisted), Outcome::Rejected);
        assert_eq!(classify(Code::Fatal, NotPersisted), Outcome::Rejected);
    }

    #[test]
    fn a_full_queue_is_waited_for() {
        assert_eq!(refusal(Code::QueueFull), Refusal::QueueFull);
    }

    #[test]
    fn an_unknown_topic_or_partition_may_be_known_in_a_moment() {
        assert_eq!(refusal(Code::UnknownPartition), Refusal::NotNow);
        assert_eq!(refusal(Code::UnknownTopic), Refusal::NotNow);
    }

    #[test]
    fn what_every_later_message_would_meet_too_stops_sending() {
        assert_eq!(refusal(Code::MessageSizeTooLarge), Refusal::Stop);
        assert_eq!(refusal(Code::Fatal), Refusal::Stop);
        assert_eq!(refusal(Code::InvalidArgument), Refusal::Stop);
    }
}
