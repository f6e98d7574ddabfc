//! [`elect`]: asks for leader elections (ElectLeaders, KIP-460). Any broker forwards the request to
//! the active controller.

use super::error::KafkaError;
use super::metadata::topic_name;
use super::offsets::TopicPartition;
use super::operator::Operator;
use crate::timeline::Election;
use kafka_protocol::messages::ElectLeadersRequest;
use kafka_protocol::messages::elect_leaders_request::TopicPartitions;
use std::collections::BTreeMap;
use std::time::Duration;

/// The election was held.
pub(crate) const ELECTED: i16 = 0;
/// The partition has the wanted leader: the preferred one, or any leader for an unclean election.
pub(crate) const ELECTION_NOT_NEEDED: i16 = 84;

/// Asks one broker for elections in these partitions, and waits up to `timeout`. Each partition's
/// outcome is Kafka's error code; one that is not in the answer is not in the map.
///
/// # Errors
/// As [`Operator::call_within`], and the answer's own error. Then it is unknown whether anything
/// was elected, except after [`KafkaError::Connect`].
pub(crate) fn elect(
    operator: &mut Operator,
    broker: i32,
    election: Election,
    partitions: &[TopicPartition],
    timeout: Duration,
) -> Result<BTreeMap<TopicPartition, i16>, KafkaError> {
    let mut topics: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for (topic, partition) in partitions {
        topics.entry(topic).or_default().push(*partition);
    }
    let topics = topics.into_iter().map(|(topic, partitions)| {
        TopicPartitions::default().with_topic(topic_name(topic)).with_partitions(partitions)
    });
    let request = ElectLeadersRequest::default()
        .with_election_type(match election {
            Election::Preferred => 0,
            Election::Unclean => 1,
        })
        .with_topic_partitions(Some(topics.collect()))
        .with_timeout_ms(timeout.as_millis() as i32);
    let answer = operator.call_within(broker, &request, timeout)?;
    if let Some(error) = KafkaError::from_code(answer.error_code, "elect leaders", None) {
        return Err(error);
    }
    let of_topic =
        |result: kafka_protocol::messages::elect_leaders_response::ReplicaElectionResult| {
            let topic = result.topic.to_string();
            let codes = result.partition_result.into_iter();
            codes.map(move |p| ((topic.clone(), p.partition_id), p.error_code)).collect::<Vec<_>>()
        };
    Ok(answer.replica_election_results.into_iter().flat_map(of_topic).collect())
}

#[cfg(test)]
mod tests {
    use super::super::fake::{Asked, FakeBroker, Reply, elect_leaders_answer};
    use super::*;
    use crate::runtime::Vantage;

    const LONG: Duration = Duration::from_secs(20);

    fn asked(
        election: Election,
        script: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Result<BTreeMap<TopicPartition, i16>, KafkaError> {
        let broker = FakeBroker::start(script);
        let brokers = vec![(3, broker.addr)];
        let vantage = Vantage { netns: None, brokers, bootstrap: Vec::new() };
        let mut operator = Operator::new(&vantage, LONG);
        let of = |topic: &str, partition| (topic.to_owned(), partition);
        elect(&mut operator, 3, election, &[of("t", 0), of("u", 0), of("t", 2)], LONG)
    }

    #[test]
    fn the_request_says_which_election_and_where_and_the_answer_what_became_of_each() {
        for (election, number) in [(Election::Preferred, 0), (Election::Unclean, 1)] {
            let answered = asked(election, move |asked| {
                let request = asked.request::<ElectLeadersRequest>();
                assert_eq!((request.election_type, request.timeout_ms), (number, 20_000));
                let topics: Vec<(String, Vec<i32>)> = (request.topic_partitions.unwrap().iter())
                    .map(|topic| (topic.topic.to_string(), topic.partitions.clone()))
                    .collect();
                assert_eq!(topics, [("t".to_owned(), vec![0, 2]), ("u".to_owned(), vec![0])]);
                asked.answer(&elect_leaders_answer(0, &[("t", 0, 0), ("t", 2, 84)]))
            });
            let answered: Vec<_> = answered.unwrap().into_iter().collect();
            assert_eq!(answered, [(("t".into(), 0), 0), (("t".into(), 2), 84)]);
        }
    }

    #[test]
    fn an_error_of_the_whole_answer_is_an_error() {
        let refused =
            asked(Election::Unclean, |asked| asked.answer(&elect_leaders_answer(41, &[])));
        let text = refused.unwrap_err().to_string();
        assert_eq!(text, "elect leaders: Kafka answered NOT_CONTROLLER (41)");
        assert!(asked(Election::Unclean, |_| Reply::Close).unwrap_err().is_transport());
    }
}
