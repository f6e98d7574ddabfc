//! Which Kafka the brokers are and what is switched on in their cluster. The protocol names no
//! release; the `metadata.version`s that a broker knows tell it.

use super::error::KafkaError;
use super::operator::Operator;
use crate::model::{Release, ReportedKafka};
use kafka_protocol::messages::{ApiVersionsRequest, ApiVersionsResponse};
use kafka_protocol::protocol::StrBytes;
use std::collections::BTreeMap;

const WHAT: &str = "ask for Kafka's features";
const METADATA_VERSION: &str = "metadata.version";
const ELIGIBLE_LEADER_REPLICAS: &str = "eligible.leader.replicas.version";

/// Asks every broker.
pub(crate) fn ask(operator: &mut Operator) -> Result<ReportedKafka, KafkaError> {
    let mut word = ReportedKafka { releases: BTreeMap::new(), keeps_eligible: false };
    // Features change with the epoch, and brokers hear of it one after another.
    let mut newest = -1;
    for broker in operator.brokers() {
        let answer = operator.call(broker, &request())?;
        if let Some(error) = KafkaError::from_code(answer.error_code, WHAT, None) {
            return Err(error);
        }
        word.releases.insert(broker, release(&answer));
        if answer.finalized_features_epoch > newest {
            newest = answer.finalized_features_epoch;
            word.keeps_eligible = keeps_eligible(&answer);
        }
    }
    Ok(word)
}

fn request() -> ApiVersionsRequest {
    ApiVersionsRequest::default()
        .with_client_software_name(StrBytes::from_static_str(env!("CARGO_PKG_NAME")))
        .with_client_software_version(StrBytes::from_static_str(env!("CARGO_PKG_VERSION")))
}

fn release(answer: &ApiVersionsResponse) -> Option<Release> {
    let mut known = answer.supported_features.iter();
    let known = known.find(|feature| feature.name.as_str() == METADATA_VERSION)?;
    Release::of_metadata_level(known.max_version)
}

/// A feature that is off is not among the finalized ones.
fn keeps_eligible(answer: &ApiVersionsResponse) -> bool {
    let mut finalized = answer.finalized_features.iter();
    finalized.any(|f| f.name.as_str() == ELIGIBLE_LEADER_REPLICAS && f.max_version_level > 0)
}

#[cfg(test)]
mod tests {
    use super::super::fake::FakeBroker;
    use super::*;
    use crate::runtime::Vantage;
    use kafka_protocol::messages::ApiKey;
    use kafka_protocol::messages::api_versions_response::{
        FinalizedFeatureKey, SupportedFeatureKey,
    };
    use std::time::Duration;

    fn name(name: &str) -> StrBytes {
        StrBytes::from_string(name.to_owned())
    }

    /// The answer of a broker that knows metadata up to this level.
    fn answer(level: i16, epoch: i64, eligible: Option<i16>) -> ApiVersionsResponse {
        let known = SupportedFeatureKey::default()
            .with_name(name(METADATA_VERSION))
            .with_min_version(1)
            .with_max_version(level);
        let finalized = eligible.map(|level| {
            FinalizedFeatureKey::default()
                .with_name(name(ELIGIBLE_LEADER_REPLICAS))
                .with_max_version_level(level)
                .with_min_version_level(level)
        });
        ApiVersionsResponse::default()
            .with_supported_features(vec![known])
            .with_finalized_features_epoch(epoch)
            .with_finalized_features(finalized.into_iter().collect())
    }

    fn ask_all(answers: Vec<ApiVersionsResponse>) -> Result<ReportedKafka, KafkaError> {
        let brokers: Vec<FakeBroker> = (answers.into_iter())
            .map(|answer| {
                FakeBroker::start(move |asked| {
                    assert_eq!((asked.api, asked.version), (ApiKey::ApiVersions, 3));
                    let request = asked.request::<ApiVersionsRequest>();
                    assert_eq!(request.client_software_name.as_str(), "kafka-chaos");
                    asked.answer(&answer)
                })
            })
            .collect();
        let brokers_at = (0..).zip(brokers.iter().map(|broker| broker.addr)).collect();
        let vantage = Vantage { netns: None, brokers: brokers_at, bootstrap: Vec::new() };
        ask(&mut Operator::new(&vantage, Duration::from_secs(20)))
    }

    #[test]
    fn the_highest_metadata_version_that_a_broker_knows_tells_its_release() {
        for (answers, releases, keeps_eligible) in [
            (vec![answer(20, 1, None); 2], [Some("3.8"); 2], false),
            (vec![answer(33, 1, Some(1)); 2], [Some("4.4"); 2], true),
            // 4.0 knows them, and they are off by default.
            (vec![answer(25, 1, None); 2], [Some("4.0"); 2], false),
            (vec![answer(25, 1, Some(0)); 2], [Some("4.0"); 2], false),
            (vec![answer(99, 1, Some(1)); 2], [None; 2], true),
            (vec![answer(20, 1, None), answer(21, 1, None)], [Some("3.8"), Some("3.9")], false),
        ] {
            let releases = (0..).zip(releases.map(|text| text.and_then(Release::parse))).collect();
            assert_eq!(ask_all(answers).unwrap(), ReportedKafka { releases, keeps_eligible });
        }
    }

    #[test]
    fn the_newest_word_on_what_is_switched_on_counts() {
        let word = ask_all(vec![answer(27, 9, Some(1)), answer(27, 8, None)]).unwrap();
        assert!(word.keeps_eligible);
        assert_eq!(word.release(), Release::parse("4.1"));
    }

    #[test]
    fn a_refusal_is_an_error() {
        let refused = answer(20, 1, None).with_error_code(35);
        let text = ask_all(vec![refused]).unwrap_err().to_string();
        assert!(text.contains("ask for Kafka's features"), "{text}");
    }
}
