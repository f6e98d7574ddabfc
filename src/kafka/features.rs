//! [`Word`]: which Kafka the brokers are and what is switched on in their cluster, by their own
//! word. The protocol names no release; the `metadata.version`s that a broker knows tell it.

use super::error::KafkaError;
use super::operator::Operator;
use crate::model::Release;
use kafka_protocol::messages::{ApiVersionsRequest, ApiVersionsResponse};
use kafka_protocol::protocol::StrBytes;
use std::collections::BTreeMap;
use std::fmt;

const WHAT: &str = "ask for Kafka's features";
const METADATA_VERSION: &str = "metadata.version";
const ELIGIBLE_LEADER_REPLICAS: &str = "eligible.leader.replicas.version";

/// What the brokers of a cluster said of themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// Each broker's release; `None`: it is one that this tool does not know.
    pub releases: BTreeMap<i32, Option<Release>>,
    /// Whether the cluster keeps eligible leader replicas.
    pub keeps_eligible: bool,
}

impl Word {
    /// The release that all brokers have.
    pub(crate) fn release(&self) -> Option<Release> {
        let mut releases = self.releases.values();
        let first = (*releases.next()?)?;
        releases.all(|other| *other == Some(first)).then_some(first)
    }
}

/// What stands behind `Kafka`.
impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |release: &Option<Release>| {
            release.map_or_else(|| "of a version unknown to chaos".to_owned(), |r| r.to_string())
        };
        let each: Vec<String> = match (self.release(), self.releases.values().next()) {
            (None, Some(first)) if self.releases.values().any(|other| other != first) => {
                self.releases.iter().map(|(id, r)| format!("broker {id} {}", of(r))).collect()
            }
            (_, first) => first.map(of).into_iter().collect(),
        };
        let eligible = if self.keeps_eligible { "on" } else { "off" };
        write!(
            f,
            "{} according to the brokers; eligible leader replicas {eligible}",
            each.join(", ")
        )
    }
}

/// Asks every broker.
///
/// # Errors
/// When one cannot be asked, or refuses.
pub(crate) fn ask(operator: &mut Operator) -> Result<Word, KafkaError> {
    let mut word = Word { releases: BTreeMap::new(), keeps_eligible: false };
    // What is switched on changes with the epoch, and brokers hear of it one after another.
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

    fn ask_all(answers: Vec<ApiVersionsResponse>) -> Result<Word, KafkaError> {
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
        for (answers, expected) in [
            (
                vec![answer(20, 1, None); 3],
                "3.8 according to the brokers; eligible leader replicas off",
            ),
            (
                vec![answer(33, 1, Some(1)); 3],
                "4.4 according to the brokers; eligible leader replicas on",
            ),
            // 4.0 knows them, and they are off until somebody asks for them.
            (
                vec![answer(25, 1, None)],
                "4.0 according to the brokers; eligible leader replicas off",
            ),
            (
                vec![answer(25, 1, Some(0))],
                "4.0 according to the brokers; eligible leader replicas off",
            ),
            (
                vec![answer(99, 1, Some(1))],
                "of a version unknown to chaos according to the brokers; eligible leader replicas \
                 on",
            ),
            (
                vec![answer(20, 1, None), answer(21, 1, None)],
                "broker 0 3.8, broker 1 3.9 according to the brokers; eligible leader replicas off",
            ),
        ] {
            assert_eq!(ask_all(answers).unwrap().to_string(), expected);
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
