//! [`Quorum`]: the active controller and its voters, from DescribeQuorum. A broker forwards this
//! request to the active controller, so without one no answer comes.

use super::error::KafkaError;
use super::metadata::topic_name;
use kafka_protocol::messages::describe_quorum_request::{PartitionData, TopicData};
use kafka_protocol::messages::describe_quorum_response::ReplicaState;
use kafka_protocol::messages::{DescribeQuorumRequest, DescribeQuorumResponse};

const METADATA_TOPIC: &str = "__cluster_metadata";
const WHAT: &str = "describe the controller quorum";

/// The controllers' quorum, as its leader describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// `node.id` of the active controller, -1 for none.
    pub leader: i32,
    /// The quorum's epoch.
    pub epoch: i32,
    /// By id.
    pub voters: Vec<Voter>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voter {
    /// `node.id`.
    pub id: i32,
    /// How many records of the metadata log it lags behind the leader, if the leader knows.
    pub lag: Option<u64>,
    /// When it was last caught up, in milliseconds of the leader's wall clock, if the leader knows.
    pub caught_up_ms: Option<i64>,
}

pub(crate) fn request() -> DescribeQuorumRequest {
    DescribeQuorumRequest::default().with_topics(vec![
        TopicData::default()
            .with_topic_name(topic_name(METADATA_TOPIC))
            .with_partitions(vec![PartitionData::default().with_partition_index(0)]),
    ])
}

impl TryFrom<&DescribeQuorumResponse> for Quorum {
    type Error = KafkaError;

    fn try_from(answer: &DescribeQuorumResponse) -> Result<Quorum, KafkaError> {
        if let Some(error) = KafkaError::from_code(answer.error_code, WHAT, None) {
            return Err(error);
        }
        let partition = answer.topics.first().and_then(|topic| topic.partitions.first());
        let Some(partition) = partition else {
            let what = format!("{WHAT}: the answer has no partition of {METADATA_TOPIC}");
            return Err(KafkaError::Mismatch { what });
        };
        if let Some(error) = KafkaError::from_code(partition.error_code, WHAT, None) {
            return Err(error);
        }
        let leader = partition.leader_id.0;
        let end =
            |voter: &ReplicaState| (voter.log_end_offset >= 0).then_some(voter.log_end_offset);
        let leader_end =
            partition.current_voters.iter().find(|v| v.replica_id.0 == leader).and_then(end);
        let mut voters: Vec<Voter> = (partition.current_voters.iter())
            .map(|voter| Voter {
                id: voter.replica_id.0,
                lag: leader_end.zip(end(voter)).map(|(all, has)| (all - has).max(0) as u64),
                caught_up_ms: Some(voter.last_caught_up_timestamp).filter(|&ms| ms >= 0),
            })
            .collect();
        voters.sort_by_key(|voter| voter.id);
        Ok(Quorum { leader, epoch: partition.leader_epoch, voters })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafka_protocol::messages::BrokerId;
    use kafka_protocol::messages::describe_quorum_response as response;

    fn answer(code: i16, ends: &[(i32, i64)]) -> DescribeQuorumResponse {
        let voters = ends.iter().map(|&(id, end)| {
            ReplicaState::default()
                .with_replica_id(BrokerId(id))
                .with_log_end_offset(end)
                .with_last_caught_up_timestamp(end)
        });
        let partition = response::PartitionData::default()
            .with_error_code(code)
            .with_leader_id(BrokerId(1))
            .with_leader_epoch(7)
            .with_current_voters(voters.collect());
        let topic = response::TopicData::default().with_partitions(vec![partition]);
        DescribeQuorumResponse::default().with_topics(vec![topic])
    }

    #[test]
    fn lag_is_counted_from_the_leaders_end_and_unknown_stays_unknown() {
        let quorum = Quorum::try_from(&answer(0, &[(2, -1), (1, 90), (0, 80)])).unwrap();
        assert_eq!((quorum.leader, quorum.epoch), (1, 7));
        let lags: Vec<_> = quorum.voters.iter().map(|v| (v.id, v.lag, v.caught_up_ms)).collect();
        assert_eq!(lags, [(0, Some(10), Some(80)), (1, Some(0), Some(90)), (2, None, None)]);
    }

    #[test]
    fn errors_at_either_level_are_errors() {
        let inner = Quorum::try_from(&answer(6, &[])).unwrap_err().to_string();
        assert!(inner.contains("NOT_LEADER_OR_FOLLOWER"), "{inner}");
        let outer = DescribeQuorumResponse::default().with_error_code(41);
        assert!(Quorum::try_from(&outer).unwrap_err().to_string().contains("NOT_CONTROLLER"));
        let empty = DescribeQuorumResponse::default();
        assert!(Quorum::try_from(&empty).unwrap_err().to_string().contains("no partition"));
    }
}
