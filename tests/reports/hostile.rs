//! Malicious names and texts: every format shows them, and none interprets them.

use super::world::{invocation, miss, sound, trials, unsettle, violate, written};
use super::xml::Checked;
use kafka_chaos::testing::report::{self, Format};
use kafka_chaos::testing::result::{Invocation, Report};
use serde::de::DeserializeOwned;
use serde_json::json;

/// Markup of every kind, what ends a cell or a section, terminal commands, forbidden characters.
const HOSTILE: &str = "<script>alert('1')</script> ]]> --> <!-- | `a` ``` **b** [c](d) ~e~ _f_\
    \u{1b}]0;owned\u{7}\u{1b}[2J\u{0}\u{85}\u{9b}2J\u{ffff}\u{fffe}\n# g\n::error::h\r\n| i |\t&lt; \
    &#60; \"j\" 100%0A: , \\";

/// All that went wrong, with harmless names.
fn harmless() -> Report {
    let mut report = sound();
    violate(&mut report, 0);
    unsettle(&mut report, 1);
    miss(&mut report);
    report.notes = vec!["a note".into()];
    report.invocation = Some(invocation());
    report.environment = environment("x");
    report
}

/// Facts with this for every text.
fn environment<T: DeserializeOwned>(text: &str) -> Option<T> {
    let facts = json!({
        "runtime": {
            "name": "docker", "why": text, "version": text,
            "image": {"name": text, "pull": true, "because": text},
        },
        "kafka": {"from": {"images": [text]}},
        "folder": text,
        "clients": {text: text},
        "made_of": {"containers": {
            "docker": text, "project": text, "file": text,
            "images": [{"name": text, "id": text, "kafka": text}],
        }},
        "runs_before": 2,
    });
    Some(serde_json::from_value(facts).unwrap())
}

/// The same with every text of the user's hostile, and the summary 10 kB of it.
fn hostile() -> Report {
    let mut report = harmless();
    report.plan.name = HOSTILE.into();
    report.plan.summary = HOSTILE.repeat(10 * 1024 / HOSTILE.len() + 1);
    report.plan.source = HOSTILE.into();
    let set = vec![HOSTILE.into()];
    report.invocation = Some(Invocation { scenario: HOSTILE.into(), set, ..invocation() });
    report.environment = environment(HOSTILE);
    report.axes = vec![HOSTILE.into()];
    for (i, cell) in report.cells.iter_mut().enumerate() {
        cell.id = format!("{HOSTILE}={i}");
        cell.axes = [(HOSTILE.to_owned(), format!("{i}{HOSTILE}"))].into();
        cell.config = [(HOSTILE.to_owned(), HOSTILE.to_owned())].into();
        cell.notes = vec![HOSTILE.into()];
        for one in &mut cell.expectations {
            one.text += HOSTILE;
            one.reason += HOSTILE;
        }
        for witness in &mut cell.witnesses {
            witness.text += HOSTILE;
        }
    }
    for fault in &mut report.faults {
        fault.what += HOSTILE;
        fault.nodes = vec![HOSTILE.into()];
        fault.reason = Some(HOSTILE.into());
    }
    for text in report.reasons.iter_mut().chain(&mut report.notes) {
        *text += HOSTILE;
    }
    report.phases[0].name = HOSTILE.into();
    report
}

#[test]
fn json_gives_back_every_character() {
    let report = hostile();
    let text = written(&report, Format::Json);
    let again: Report = serde_json::from_str(&text).unwrap();
    assert!(again.about.iter().any(|line| line.ends_with(&format!("folder   {HOSTILE}"))));
    assert_eq!(Report { about: report.about.clone(), ..again }, report);
}

#[test]
fn junit_is_valid_and_counts_the_same() {
    let junit = Checked::new(&written(&hostile(), Format::Junit));
    assert_eq!(junit.counts(), Checked::new(&written(&harmless(), Format::Junit)).counts());
    assert_eq!(junit.ask("count(//script)"), "0");
    let name = junit.ask("string(//testsuite[1]/@name)");
    assert!(name.starts_with("<script>alert('1')</script> ]]> --> <!-- | `a`"), "{name}");
    assert!(name.contains("~e~ _f_\u{fffd}]0;owned\u{fffd}\u{fffd}[2J\u{fffd}\u{fffd}"), "{name}");
    assert!(name.contains("\u{fffd}\u{fffd} # g ::error::h  | i | &lt; &#60; \"j\""), "{name}");
    assert!(junit.ask("string(//failure)").contains("\n# g\n"), "line breaks stay in texts");
}

/// The markdown of each line: how it begins, and in tables the bars.
fn skeleton(markdown: &str) -> Vec<String> {
    let of = |line: &str| {
        let marks: String = line.chars().take_while(|c| "#-*` ".contains(*c)).collect();
        if line.starts_with('|') { "|".repeat(line.matches('|').count()) } else { marks }
    };
    markdown.lines().map(of).collect()
}

#[test]
fn markdown_has_the_same_structure() {
    let text = written(&hostile(), Format::Markdown);
    assert_eq!(skeleton(&text), skeleton(&written(&harmless(), Format::Markdown)), "{text}");
    let (page, command) = text.split_once("```sh\n").unwrap();
    assert!(!page.contains(['<', '>']) && page.contains("&lt;script&gt;"), "{page}");
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    // Each is a single word of the shell, in a single line.
    let line = command.lines().next().unwrap();
    assert!(line.starts_with("chaos run $'<script>alert(\\'1\\')</script>"), "{line}");
    assert!(line.ends_with("\\\\' --seed 7 --repeat 3 --runtime local --heap-mib 256"), "{line}");
    assert_eq!(command.lines().nth(1), Some("```"));
    // The summary is cut.
    assert!(text.len() < 100_000, "{}", text.len());
}

#[test]
fn the_terminal_is_not_steered() {
    for report in [hostile(), trials(vec![hostile(), hostile()])] {
        for format in [Format::Table, Format::Markdown] {
            let text = written(&report, format);
            assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        }
    }
}

/// The runner's own parsing: properties end at `::`, and are separated by commas.
fn read_command(line: &str) -> (String, Vec<(String, String)>, String) {
    let (head, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
    let (name, properties) = head.split_once(' ').unwrap();
    let data = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    let value = |text: &str| data(&text.replace("%3A", ":").replace("%2C", ","));
    let pair = |text: &str| {
        let (name, text) = text.split_once('=').unwrap();
        (name.to_owned(), value(text))
    };
    (name.to_owned(), properties.split(',').map(pair).collect(), data(message))
}

#[test]
fn an_annotation_is_one_command() {
    let lines = report::annotations(&hostile());
    let harmless = report::annotations(&harmless());
    assert_eq!(lines.len(), harmless.len());
    for line in &lines {
        assert!(!line.contains(char::is_control), "{line:?}");
        let (name, properties, message) = read_command(line);
        let names: Vec<&str> = properties.iter().map(|(name, _)| name.as_str()).collect();
        assert!(name == "error" || name == "warning", "{line}");
        assert_eq!(names, ["file", "title"], "{line}");
        assert!(properties[0].1.contains("\n::error::h\r\n| i |"), "{properties:?}");
        assert!(message.contains("<script>") && message.contains("\n::error::h"), "{message}");
    }
}
