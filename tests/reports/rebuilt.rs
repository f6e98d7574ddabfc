//! Every file of a run's folder can be regenerated from its report.json, byte by byte.

use super::world::{invocation, miss, sound, sound_36, trials, unsent, unsettle, violate, written};
use kafka_chaos::testing::report::{self, Format};
use kafka_chaos::testing::result::{self, Report};
use kafka_chaos::testing::runtime::{RuntimeError, Stop};
use serde_json::json;
use std::fs;

/// The nearest to 0.3, both extremes, minus zero, and one with an exponent; the last three change
/// if they are parsed imprecisely, as serde_json does without `float_roundtrip`.
const AWKWARD: [f64; 8] = [
    0.1 + 0.2,
    5e-324,
    f64::MAX,
    -0.0,
    1.0 / 3.0 * 1e22,
    f64::from_bits(0x0AC8_0629_48EF_0001),
    f64::from_bits(0x42B9_9999_9999_9999),
    f64::from_bits(0x3FB9_9999_9999_9999),
];

fn awkward() -> Report {
    let mut report = sound();
    let template = report.faults[0].clone();
    report.faults = AWKWARD
        .iter()
        .map(|ms| {
            let mut fault = template.clone();
            fault.evidence[0].at_ms = *ms;
            fault.effective_at_ms = Some(*ms);
            fault
        })
        .collect();
    report.zero_ms = Some(AWKWARD[0]);
    report.cells[0].unavailable_ms = Some(AWKWARD[5]);
    report
}

fn reports() -> Vec<Report> {
    let mut bad = sound();
    violate(&mut bad, 0);
    unsettle(&mut bad, 1);
    miss(&mut bad);
    let mut kept = sound();
    kept.invocation = Some(invocation());
    let environment = json!({
        "runtime": {"name": "docker", "why": "as asked", "version": "29.1"},
        "kafka": {"version": "4.1", "from": {"images": ["a/kafka:4.1"]}},
        "folder": "chaos-out/made",
        "clients": {"librdkafka": "2.12.1"},
        "reported": {"releases": {"0": "4.1", "1": null}, "keeps_eligible": true},
    });
    kept.environment = serde_json::from_value(environment).unwrap();
    let failed = unsent(Some(Stop::Failed(RuntimeError::new("the disk is full"))));
    vec![awkward(), trials(vec![awkward(), bad.clone()]), bad, failed, sound_36(), kept]
}

#[test]
fn floats_come_back_as_they_were() {
    let text = written(&awkward(), Format::Json);
    let again: Report = serde_json::from_str(&text).unwrap();
    let bits = |report: &Report| -> Vec<u64> {
        report.faults.iter().map(|fault| fault.evidence[0].at_ms.to_bits()).collect()
    };
    assert_eq!(bits(&again), AWKWARD.map(f64::to_bits));
    // Among many floats some are parsed wrong by the imprecise way.
    let many: Vec<f64> = (1..20_000_u32).map(|n| f64::from(n).sqrt() * 1e3).collect();
    let text = serde_json::to_string(&many).unwrap();
    assert_eq!(serde_json::from_str::<Vec<f64>>(&text).unwrap(), many);
}

#[test]
fn every_format_is_made_again_from_report_json_alone() {
    for report in reports() {
        let folder = tempfile::tempdir().unwrap();
        report::write_files(&report, folder.path()).unwrap();
        let mut names: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let mut expected: Vec<&str> = Format::ALL.iter().filter_map(|f| f.file_name()).collect();
        expected.sort_unstable();
        assert_eq!(names, expected, "nothing else is left in the folder");
        let again = result::read(folder.path()).unwrap();
        for format in Format::ALL {
            let first = match format.file_name() {
                Some(name) => fs::read_to_string(folder.path().join(name)).unwrap(),
                None => written(&report, *format),
            };
            assert!(written(&again, *format) == first, "{format:?} differs: {first}");
        }
    }
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("junit.xml")).unwrap();
    let error = report::write_files(&sound(), folder.path()).unwrap_err().to_string();
    assert!(error.starts_with("junit.xml: "), "{error}");
    assert!(result::read(folder.path()).is_ok(), "report.json was written before");
}
