//! summary.md: its content, and that GitHub accepts it whatever it is made from.

use super::world::{invocation, sound, sound_36, trials, violate, written};
use kafka_chaos::testing::report::Format;
use kafka_chaos::testing::result::{Invocation, Report};

fn summary(report: &Report) -> String {
    written(report, Format::Markdown)
}

#[test]
fn it_says_what_happened() {
    let mut report = sound();
    violate(&mut report, 0);
    assert!(!summary(&report).contains("run it again"), "an older report does not know");
    report.invocation = Some(invocation());
    let environment = serde_json::json!({
        "runtime": {"name": "local", "why": "as asked"},
        "kafka": {"version": "3.8.1", "from": "plan"},
        "folder": "/out/made",
        "clients": {},
    });
    report.environment = serde_json::from_value(environment).unwrap();
    insta::assert_snapshot!(summary(&report), @"
    # FAIL made

    Made of figures.

    cell acks=1: `lost: 0` is violated: 990 messages lost

    ## Cells

    | acks | acked | lost | dup | unavail | p99 ms before | p99 ms during | verdict |
    | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |
    | 1 | 12000 | 990 | 0 | 9.9 s | 24.0 | 9876 | fail |
    | all | 12000 | 0 | 0 | 9.9 s | 24.0 | 9876 | pass |

    under process_stop leader at 5 s for 10 s, once:

    - nothing lost or duplicated: only acks=all, of 2 configurations; unavailable for 9.9 s
    - lost: acks=1: 990 of 12000 acknowledged messages (8.25 %)

    ## What happened

    - **acks=1**
      - `lost: 0` is violated: 990 messages lost
      - 990 messages acknowledged by broker 0 were truncated

    ## Faults

    - process_stop leader at 5 s for 10 s on broker-0: effective 1.2 ms after it was called; all in state T

    ## The run

    - runtime: local (as asked)
    - kafka: 3.8.1, 3 brokers, combined controllers
    - timing: stock: session 9000 ms, replica lag 30000 ms
    - seed: 7
    - folder: /out/made
    - seconds: cluster 4.3, sending 20.0; in all 24.3; first acknowledgements after 0.0 s

    ## To run it again

    ```sh
    chaos run made.yaml --set 'expect.lost=<= 5' --seed 7 --repeat 3 --runtime local --heap-mib 256
    ```
    ");
    report.invocation = Some(Invocation { trial: Some(2), ..invocation() });
    let text = summary(&report);
    assert!(text.ends_with("\nThis is run 2 of those that the command starts.\n"), "{text}");
}

fn rows(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---")).collect()
}

#[test]
fn many_cells_are_a_row_each_and_little_else() {
    let mut report = sound_36();
    for cell in 0..36 {
        violate(&mut report, cell);
    }
    let text = summary(&report);
    assert_eq!(rows(&text).len(), 1 + 36, "{text}");
    assert!(text.lines().count() < 110, "{text}");
    let merged = trials(vec![report.clone(), report]);
    let text = summary(&merged);
    assert_eq!(rows(&text).len(), 2 * (1 + 36), "a second table has the shares: {text}");
    assert!(text.contains("| lost in | 95 % | lost, median (min-max) |"), "{text}");
    assert!(text.contains("proved in 2 of 2\n"), "{text}");
}

#[test]
fn of_very_many_cells_the_worst_are_shown() {
    let mut report = sound();
    violate(&mut report, 1);
    let failed = report.cells[1].clone();
    report.cells = vec![report.cells[0].clone(); 1_023];
    report.cells.push(failed);
    report.axes = vec!["a".into(), "b".into()];
    for (n, cell) in report.cells.iter_mut().enumerate() {
        cell.id = format!("{n}{}", "|<".repeat(5_000));
        let value = |axis: &String| (axis.clone(), format!("{n}{}", "|<".repeat(200)));
        cell.axes = report.axes.iter().map(value).collect();
    }
    let text = summary(&report);
    assert!(text.len() < 200_000, "{}", text.len());
    assert!(text.contains("The worst 100 of 1024; report.json has all."));
    assert_eq!(rows(&text).len(), 1 + 100);
    assert!(rows(&text)[1].starts_with("| 1023&#124;&lt;"), "{}", rows(&text)[1]);
    assert!(rows(&text)[1].ends_with("| fail |"), "{}", rows(&text)[1]);
}

/// GitHub refuses a step's summary above 1 MiB, and then shows none of it.
#[test]
fn github_takes_the_summary_of_ten_thousand_cells() {
    let mut report = sound_36();
    for cell in 0..36 {
        violate(&mut report, cell);
    }
    let hostile = "|<`&".repeat(1_000);
    let cells = report.cells.clone();
    report.cells = cells.into_iter().cycle().take(10_000).collect();
    for (n, cell) in report.cells.iter_mut().enumerate() {
        cell.id = format!("{n}{hostile}");
        for value in cell.axes.values_mut() {
            *value = format!("{n}{hostile}");
        }
    }
    report.reasons = vec![hostile.clone(); 10_000];
    report.notes = vec![hostile; 10_000];
    let text = summary(&report);
    assert!(text.len() < 1 << 20, "{}", text.len());
    assert!(text.contains("The worst 100 of 10000; report.json has all."), "{}", text.len());
    assert!(text.contains("- and 9994 more in report.json"), "{}", text.len());
}

#[test]
fn more_axes_than_any_scenario_has_are_no_panic() {
    let mut report = sound();
    violate(&mut report, 0);
    report.axes = (0..40).map(|i| format!("axis.{i}")).collect();
    for (n, cell) in report.cells.iter_mut().enumerate() {
        cell.axes = report.axes.iter().map(|axis| (axis.clone(), n.to_string())).collect();
    }
    let text = summary(&report);
    assert!(text.contains("- lost: axis.0=0: 990 of 12000"), "{text}");
}
