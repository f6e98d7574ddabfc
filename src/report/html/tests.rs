//! The page for hand-made reports.

use super::write_html;
use crate::event::Evidence;
use crate::fault::FaultRecord;
use crate::plan::{self, Plan};
use crate::result::{Report, blank, merge, trials};
use crate::verify::{MAX_STEPS, Timeline};
use sha2::{Digest, Sha256};

fn plan(matrix: &str) -> Plan {
    let text = format!("name: t\nsummary: a test\nduration: 9s\nexpect: {{lost: 0}}\n{matrix}");
    plan::from_text("t.yaml", &text, &[], Some(1)).unwrap()
}

/// A report whose cells all have the longest possible timeline.
fn report(plan: &Plan) -> Report {
    let steps = MAX_STEPS as usize;
    let mut report = blank(plan, None);
    for cell in &mut report.cells {
        let varied = |unit: u64| (0..steps as u64).map(move |i| unit + i * 7 % 1000);
        cell.timeline = Some(Timeline {
            from_ms: -1234.567,
            step_ms: 500,
            sent: varied(1000).collect(),
            acked: varied(1000).collect(),
            latency_max_us: varied(1_234_567).map(Some).collect(),
            lost: varied(100).collect(),
            duplicated: varied(100).collect(),
        });
    }
    report
}

fn page(report: &Report) -> String {
    let mut out = Vec::new();
    write_html(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn thirty_six_cells_make_a_page_below_half_a_megabyte() {
    let matrix = "matrix: {min.insync.replicas: [1, 2, 3], acks: ['0', '1', all], \
                  unclean.leader.election.enable: [false, true], compression.type: [none, lz4]}\n";
    let report = report(&plan(matrix));
    assert_eq!(report.cells.len(), 36);
    let page = page(&report);
    let lead = "<p>nothing is compared: fewer than two configurations are settled</p>";
    let (_, findings) = page.split_once(lead).expect("what leads the findings is none of them");
    assert!(findings.trim_start().starts_with("<ul>"));
    assert!(page.len() < 500_000, "{} bytes", page.len());
    assert_eq!(page.matches("class=\"chart rate\"").count(), 36);
}

#[test]
fn the_page_says_what_the_report_says() {
    let mut report = report(&plan(""));
    report.faults.push(FaultRecord::proved("kill leader at 5 s"));
    let more = "and 3 more changes, see `leaders`".to_owned();
    report.faults[0].evidence.push(Evidence { at_ms: 9_000.0, text: more, proves: false });
    let page = page(&report);
    for part in [
        "<title>INCONCLUSIVE t</title>",
        "Proved: it is gone",
        "<li>9.000 s: and 3 more changes, see <code>leaders</code></li>",
        "called 5.000 s, effective 5.004 s, healed 9.000 s",
        "min.insync.replicas=1",
        r#""faults":[{"effective":true,"from_ms":5004.2,"look":0,"name":"kill","number":1"#,
    ] {
        assert!(page.contains(part), "{part}");
    }
    report.faults[0].effective = false;
    report.faults[0].reason = Some("nobody was there".to_owned());
    report.faults[0].evidence.clear();
    assert!(super::tests::page(&report).contains("NOT EFFECTIVE: nobody was there"));
}

/// The page without its scripts and styles.
fn content(page: &str) -> String {
    let mut text = String::new();
    for part in page.split("<script") {
        text += part.split_once("</script>").map_or(part, |(_, rest)| rest);
    }
    text
}

#[test]
fn every_cell_s_figure_names_every_fault_and_every_curve_before_a_script_runs() {
    let faults = "faults:\n  - {process_stop: leader, at: 1s, for: 1s}\n  \
                  - {kill: leader, at: 3s, for: 1s}\n  - {kill: leader, at: 5s, for: 1s}\n";
    let mut report = report(&plan(&format!("{faults}matrix: {{acks: ['1', all]}}\n")));
    for (index, kind) in [(0, "process_stop"), (1, "kill"), (2, "kill")] {
        let words = format!("{kind} leader at some time");
        report.faults.push(FaultRecord {
            index,
            kind: kind.to_owned(),
            ..FaultRecord::proved(&words)
        });
    }
    report.faults[2].effective = false;
    let page = content(&page(&report));
    let figures: Vec<&str> = page.split("<figure>").skip(1).collect();
    assert_eq!(figures.len(), 2);
    let mut figures = figures.iter().map(|text| text.split_once("</figure>").unwrap().0);
    for figure in figures.clone() {
        for name in ["1 process_stop leader", "2 kill leader", "3 kill leader"] {
            assert!(figure.contains(&format!("title=\"{name},")), "{name}: {figure}");
        }
        assert_eq!(figure.matches("class=\"swatch").count(), 8, "{figure}");
    }
    insta::assert_snapshot!("figure", figures.next_back().unwrap());
}

#[test]
fn many_cells_have_contents_and_one_has_none() {
    let page = |matrix: &str| content(&page(&report(&plan(matrix))));
    let many = page("matrix: {min.insync.replicas: [1, 2], acks: ['1', all], rate: [900]}\n");
    let contents = many.split("<nav").nth(1).unwrap().split("</nav>").next().unwrap();
    for (anchor, name) in
        [(0, "min.insync.replicas=1, acks=1"), (3, "min.insync.replicas=2, acks=all")]
    {
        let link = format!("<a href=\"#cell-{anchor}\">{name}</a>");
        assert!(contents.contains(&link), "{link}: {contents}");
        assert!(many.contains(&format!("id=\"cell-{anchor}\">\n<h2>{name} ")), "{many}");
    }
    assert!(!page("").contains("<nav"));
}

#[test]
fn a_scenario_s_own_words_are_code_and_no_backtick_is_seen() {
    let mut report = report(&plan(""));
    let words = "`lost: 0` is violated: 9 messages";
    report.reasons = vec![words.to_owned(); 9];
    report.notes.push(words.to_owned());
    report.cells[0].notes.push(words.to_owned());
    report.cells[0].expectations[0].reason = words.to_owned();
    let page = content(&page(&report));
    assert!(!page.contains('`'), "{page}");
    assert_eq!(page.matches("<code>lost: 0</code> is violated").count(), 9 + 3);
    assert!(page.contains("<summary>And 3 more</summary>"), "{page}");
}

#[test]
fn configuration_is_folded_but_not_on_paper() {
    let page = page(&report(&plan("")));
    assert!(page.contains("<details><summary>Every property that was set"), "{page}");
    assert!(!page.contains("<details open>"));
    assert!(page.contains("details::details-content { content-visibility: visible;"));
    assert!(
        page.contains("h2, h3, h4, summary, caption, figcaption, .key { break-after: avoid; }")
    );
}

#[test]
fn text_of_the_user_s_is_text_and_nothing_else() {
    let hostile = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\u{1b}[2J\u{0}\"'";
    let long = format!("{hostile}{}", "x".repeat(10_000));
    let mut report = report(&plan("matrix: {acks: ['1', all]}\n"));
    report.plan.name = hostile.to_owned();
    report.plan.summary = long;
    report.reasons.push(hostile.to_owned());
    report.notes.push(hostile.to_owned());
    report.about.push(hostile.to_owned());
    report.faults.push(FaultRecord::proved(hostile));
    for cell in &mut report.cells {
        cell.id = hostile.to_owned();
        cell.notes.push(hostile.to_owned());
        cell.axes.insert("acks".to_owned(), format!("{hostile}{}", cell.axes["acks"]));
        cell.config.insert(hostile.to_owned(), hostile.to_owned());
    }
    let page = page(&report);
    assert!(!page.contains("<img") && !page.contains("<script>alert"));
    // The charts, their library and the drawing script; each is opened and closed once.
    assert_eq!((page.matches("<script").count(), page.matches("</script>").count()), (3, 3));
    assert!(!page.chars().any(|c| c.is_control() && c != '\n'), "control characters");
}

#[test]
fn the_page_asks_for_nothing_from_elsewhere() {
    let page = page(&report(&plan("")));
    for part in [" src=", "url(", "@import", "href=\"http", "fetch(", "XMLHttpRequest"] {
        assert!(!page.contains(part), "{part}");
    }
}

#[test]
fn a_run_without_messages_has_a_page_without_charts() {
    let page = page(&blank(&plan(""), None));
    assert!(page.contains("nothing was sent") && !page.contains("class=\"chart"), "{page}");
}

#[test]
fn several_trials_have_their_shares_and_the_ways_to_their_own_pages() {
    let plan = plan("matrix: {acks: ['1', all]}\n");
    let page = page(&merge(trials(&plan, 3, &mut |_, plan| report(plan))));
    assert!(page.contains("<h2>How often</h2>") && !page.contains("class=\"chart"));
    for trial in 1..=3 {
        assert!(page.contains(&format!("<a href=\"trials/00{trial}/report.html\">")), "{trial}");
    }
}

/// `uplot/` is uPlot 1.6.32, as in `dist` of its npm package.
#[test]
fn the_library_is_as_it_was_published() {
    let files: [(&str, &[u8]); 2] = [
        (
            "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
            include_bytes!("uplot/uPlot.iife.min.js"),
        ),
        (
            "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
            include_bytes!("uplot/uPlot.min.css"),
        ),
    ];
    for (sum, bytes) in files {
        let found: String =
            Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(found, sum);
    }
}
