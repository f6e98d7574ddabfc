//! The operator's requests, each in one fixed version: [`Ask`].
//!
//! A broker's answer to ApiVersions decides none of them. Kafka 3.8.1 and 4.4.0 both accept each
//! version here: 3.8.1 sets the upper limit (Metadata 12, CreateTopics 7, DeleteTopics 6,
//! ListOffsets 8, DescribeQuorum 1, ElectLeaders 2, ApiVersions 3), 4.x the lower one since KIP-896
//! removed the oldest versions (Metadata 0, CreateTopics 2, DeleteTopics 1, ListOffsets 1,
//! DescribeQuorum 0, ElectLeaders 0). With one version for all, the same code reads every cluster's
//! answers.

use kafka_protocol::messages::{
    ApiKey, ApiVersionsRequest, ApiVersionsResponse, CreateTopicsRequest, CreateTopicsResponse,
    DeleteTopicsRequest, DeleteTopicsResponse, DescribeQuorumRequest, DescribeQuorumResponse,
    ElectLeadersRequest, ElectLeadersResponse, ListOffsetsRequest, ListOffsetsResponse,
    MetadataRequest, MetadataResponse,
};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion};

/// A request with its version and the answer that belongs to it.
pub trait Ask: Encodable + HeaderVersion {
    const API: ApiKey;
    /// Its name in messages.
    const NAME: &'static str;
    const VERSION: i16;
    /// The answer.
    type Answer: Decodable + HeaderVersion;
}

macro_rules! ask {
    ($request:ty, $answer:ty, $api:ident, $version:literal) => {
        impl Ask for $request {
            const API: ApiKey = ApiKey::$api;
            const NAME: &'static str = stringify!($api);
            const VERSION: i16 = $version;
            type Answer = $answer;
        }
    };
}

// 7 and above carry the leader epoch, 12 is what 3.8.1's own clients speak.
ask!(MetadataRequest, MetadataResponse, Metadata, 12);
// 5 and above say why a topic was refused, 7 is the newest of both.
ask!(CreateTopicsRequest, CreateTopicsResponse, CreateTopics, 7);
ask!(DeleteTopicsRequest, DeleteTopicsResponse, DeleteTopics, 6);
// 4 and above take the current leader epoch, so that a zombie refuses; 8 only adds tiered storage.
ask!(ListOffsetsRequest, ListOffsetsResponse, ListOffsets, 7);
// 1 says when a voter was caught up; 2 came after 3.8.1.
ask!(DescribeQuorumRequest, DescribeQuorumResponse, DescribeQuorum, 1);
// 1 and above distinguish unclean from preferred elections (KIP-460), 2 is the newest of both.
ask!(ElectLeadersRequest, ElectLeadersResponse, ElectLeaders, 2);
// 3 and above report features.
ask!(ApiVersionsRequest, ApiVersionsResponse, ApiVersions, 3);

#[cfg(test)]
mod tests {
    use super::*;

    fn check<A: Ask>(kafka_3_8_1: [i16; 2], kafka_4_4_0: [i16; 2]) {
        let crate_takes = A::API.valid_versions();
        for [min, max] in [kafka_3_8_1, kafka_4_4_0, [crate_takes.min, crate_takes.max]] {
            assert!((min..=max).contains(&A::VERSION), "{} {}", A::NAME, A::VERSION);
        }
    }

    /// The ranges are those of `validVersions` in the message definitions inside both versions'
    /// kafka-clients jars.
    #[test]
    fn both_ends_of_the_supported_range_accept_every_version() {
        check::<MetadataRequest>([0, 12], [0, 13]);
        check::<CreateTopicsRequest>([0, 7], [2, 7]);
        check::<DeleteTopicsRequest>([0, 6], [1, 6]);
        check::<ListOffsetsRequest>([0, 8], [1, 11]);
        check::<DescribeQuorumRequest>([0, 1], [0, 2]);
        check::<ElectLeadersRequest>([0, 2], [0, 2]);
        check::<ApiVersionsRequest>([0, 3], [0, 5]);
    }
}
