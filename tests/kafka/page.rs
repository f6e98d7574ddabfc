//! A run's page in a browser: a script at its end inspects what was drawn.

use crate::harness::{Place, Ran};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Collects errors from the first moment on.
const COLLECT: &str = "<script>window.probeErrors = [];\
    addEventListener('error', (e) => probeErrors.push(String(e.message)));\
    addEventListener('unhandledrejection', (e) => probeErrors.push(String(e.reason)));\
    addEventListener('securitypolicyviolation', (e) => probeErrors.push(`refused ${e.blockedURI}`));\
    for (const kind of ['error', 'warn']) console[kind] = (...text) => probeErrors.push(text.join(' '));\
    </script>";
const PROBE: &str = include_str!("page_probe.js");
/// Makes a browser ask for the dark look.
const DARK: &str = "--blink-settings=preferredColorScheme=0";

/// Fails unless the page of this run, which lost messages, shows what its report says.
pub fn expect_drawn(place: &Place, ran: &Ran) {
    let page = fs::read_to_string(place.out().join("report.html")).unwrap();
    let copy = place.path().join("page.html");
    for (look, dark) in [(&[][..], false), (&[DARK][..], true)] {
        let seen = open(&copy, &page, look);
        assert_eq!(seen["dark"], dark);
        assert_eq!(problems(&seen, &ran.report), Vec::<String>::new(), "{seen:#}");
    }
    // The same checks on a page with empty curves, and on one without the bar of the first fault
    // and without what was lost.
    let emptied = without(&page, &["acked", "latency_max_us"], "0");
    let found = problems(&open(&copy, &emptied, &[]), &ran.report);
    assert!(found.iter().any(|p| p.starts_with("the rate of cell 0 is empty")), "{found:?}");
    let (before, faults) = page.split_once("\"faults\":[").unwrap();
    let faults = faults.replacen("\"from_ms\":", "\"from_ms\":1e9,\"was\":", 1);
    let bare = without(&format!("{before}\"faults\":[{faults}"), &["lost"], "0");
    let found = problems(&open(&copy, &bare, &[]), &ran.report);
    assert!(found.iter().any(|p| p.contains("lost")), "{found:?}");
    assert!(found.iter().any(|p| p.contains("fault")), "{found:?}");
}

/// The page with every number of these lists replaced.
fn without(page: &str, lists: &[&str], number: &str) -> String {
    let mut text = page.to_owned();
    for list in lists {
        let name = format!("\"{list}\":[");
        let parts: Vec<&str> = text.split(&name).collect();
        assert!(parts.len() > 1, "the page has no {list}");
        let blanked = parts[1..].iter().map(|part| {
            let (numbers, rest) = part.split_once(']').unwrap();
            let count = numbers.split(',').count();
            format!("{name}{}]{rest}", vec![number; count].join(","))
        });
        text = parts[0].to_owned() + &blanked.collect::<String>();
    }
    text
}

/// Opens the page in headless Chromium; returns what the probe saw.
fn open(copy: &Path, page: &str, look: &[&str]) -> Value {
    let page = page.replacen("<head>", &format!("<head>{COLLECT}"), 1);
    let page = page.replacen("</body>", &format!("<script>{PROBE}</script></body>"), 1);
    fs::write(copy, page).unwrap();
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(["--window-size=1280,2000", "--dump-dom"])
        .args(look)
        .arg(format!("file://{}", copy.display()))
        .output()
        .expect("chromium could not be started: ./script/test installs it");
    let dom = String::from_utf8_lossy(&output.stdout);
    let result =
        dom.split("<pre id=\"probe\">").nth(1).and_then(|rest| rest.split("</pre>").next());
    let stderr = String::from_utf8_lossy(&output.stderr);
    let result = result.unwrap_or_else(|| panic!("the probe wrote nothing: {stderr}\n{dom}"));
    serde_json::from_str(&result.replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&"))
        .unwrap()
}

/// How the page differs from the report.
fn problems(seen: &Value, report: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().unwrap().clone();
    let number = |value: &Value| value.as_f64().unwrap();
    let mut problems: Vec<String> = Vec::new();
    for what in ["errors", "requests"] {
        problems.extend(list(&seen[what]).iter().map(|one| format!("{what}: {one}")));
    }
    let (plots, cells) = (list(&seen["plots"]), list(&report["cells"]));
    if plots.len() != 2 * cells.len() || number(&seen["expected"]) as usize != plots.len() {
        problems.push(format!("{} plots for {} cells", plots.len(), cells.len()));
    }
    if list(&seen["keys"]).iter().flat_map(list).any(|one| one == "" || one == "-") {
        problems.push(format!("a key says nothing: {}", seen["keys"]));
    }
    let verdicts = list(&seen["verdicts"]);
    if verdicts.is_empty() || verdicts.iter().any(|right| number(right) > 1.0) {
        problems.push(format!("the verdicts are out of sight: {verdicts:?}"));
    }
    for plot in &plots {
        if plot["off"].as_f64().is_none_or(|off| off > 1.0) {
            problems.push(format!("lanes and charts have no common axis: {}", plot["off"]));
        }
        let (kind, index) = (plot["kind"].as_str().unwrap(), number(&plot["cell"]) as usize);
        // Cells fall silent for a while, so a curve need not cover everything; a latency may be low
        // in its decade.
        if number(&plot["curve_width"]) < 0.2 || number(&plot["curve_height"]) < 0.05 {
            problems.push(format!("the {kind} of cell {index} is empty"));
        }
        for (fault, ground) in list(&plot["faults"]).iter().enumerate() {
            let ground = list(ground);
            if ground[0] == ground[1] || ground[2] == ground[3] {
                problems
                    .push(format!("the {kind} of cell {index} lacks fault {fault}: {ground:?}"));
            }
        }
        if list(&plot["faults"]).len() != list(&report["faults"]).len() {
            problems.push(format!("the {kind} of cell {index} does not have every fault"));
        }
        if kind == "rate" {
            problems.extend(lost_elsewhere(plot, &cells[index]));
        }
    }
    problems
}

/// Whether red is where the report's witnesses say that lost messages were acknowledged.
fn lost_elsewhere(plot: &Value, cell: &Value) -> Option<String> {
    let witnesses = cell["witnesses"].as_array().unwrap();
    let lost = witnesses.iter().filter(|witness| witness["anomaly"] == "lost");
    let times = |end: &str| lost.clone().filter_map(|w| w[end].as_f64()).collect::<Vec<f64>>();
    let from_ms = times("acked_from_ms").into_iter().reduce(f64::min);
    let to_ms = times("acked_to_ms").into_iter().reduce(f64::max);
    let shown = (plot["lost_from_ms"].as_f64(), plot["lost_to_ms"].as_f64());
    let step_ms = cell["timeline"]["step_ms"].as_f64().unwrap();
    // A stretch of acknowledgements is a quarter of a second, and a step is drawn as a whole.
    let near = |a: f64, b: f64| (a - b).abs() <= 250.0 + step_ms;
    let right = match (from_ms.zip(to_ms), shown) {
        (None, (None, None)) => true,
        (Some((from, to)), (Some(left), Some(right))) => near(from, left) && near(to, right),
        _ => false,
    };
    let report = (from_ms, to_ms);
    (!right).then(|| format!("lost is drawn at {shown:?} ms, the report says {report:?}"))
}
