//! What GitHub Actions gets.

use super::world::{LOSS, miss, overload, sound, sound_36, trials, unsent, unsettle, violate};
use kafka_chaos::testing::exit::Exit;
use kafka_chaos::testing::report::annotations;
use kafka_chaos::testing::runtime::{RuntimeError, Stop};

#[test]
fn a_violation_is_an_error_and_what_is_not_settled_a_warning() {
    let mut report = sound();
    assert_eq!(annotations(&report), [""; 0]);
    unsettle(&mut report, 1);
    violate(&mut report, 0);
    miss(&mut report);
    let expected = [
        format!(
            "::error file=made.yaml,title=made acks=1::`lost: 0` is violated: 990 messages lost%0A{LOSS}"
        ),
        "::warning file=made.yaml,title=made::process_stop leader at 5 s for 10 s did not take effect: \
         no thread stood still"
            .to_owned(),
        "::warning file=made.yaml,title=made acks=all::`lost: 0` is not settled: 0 to 5 messages lost%0A\
         the log of partition 2 was not read to its end"
            .to_owned(),
    ];
    assert_eq!(annotations(&report), expected);
}

#[test]
fn a_run_that_was_cut_short_says_so_first() {
    let failed = unsent(Some(Stop::Failed(RuntimeError::new("the disk\nis 100% full"))));
    assert_eq!(
        annotations(&failed),
        ["::error file=made.yaml,title=made::the disk%0Ais 100%25 full"]
    );
    let interrupted = annotations(&unsent(Some(Stop::Interrupted(Exit::Interrupted))));
    assert!(
        interrupted.len() == 1
            && interrupted[0].starts_with("::warning ")
            && interrupted[0].contains("::interrupted before"),
        "{interrupted:?}"
    );
    let mut first = sound();
    violate(&mut first, 0);
    let all = annotations(&trials(vec![first, failed]));
    assert!(
        all[1].starts_with("::error file=made.yaml,title=made acks=1::`lost: 0` is"),
        "{all:?}"
    );
}

#[test]
fn no_run_without_a_pass_is_silent() {
    let mut unread = sound();
    overload(&mut unread, 0);
    let all = annotations(&unread);
    assert_eq!(all, ["::warning file=made.yaml,title=made acks=1::the machine did not keep up"]);
    unread.cells.clear();
    unread.why.clear();
    unread.reasons = vec!["no cell was judged".into()];
    let all = annotations(&unread);
    assert_eq!(all, ["::warning file=made.yaml,title=made::no cell was judged"]);
}

#[test]
fn no_more_than_ten_of_each_kind() {
    let mut report = sound_36();
    for cell in 0..10 {
        violate(&mut report, cell);
    }
    assert_eq!(annotations(&report).len(), 10);
    violate(&mut report, 10);
    for cell in 11..36 {
        unsettle(&mut report, cell);
    }
    let all = annotations(&report);
    let errors: Vec<&String> = all.iter().filter(|line| line.starts_with("::error ")).collect();
    assert_eq!((all.len(), errors.len()), (20, 10));
    assert!(errors[9].ends_with("::and 2 more, see report.json"), "{}", errors[9]);
    assert!(all[19].ends_with("::and 16 more, see report.json"), "{}", all[19]);
}
