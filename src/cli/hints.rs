//! Answers to unknown options, beside clap's own: where to find what a person most likely wants, or
//! that it is not supported yet.

use super::main;
use crate::scenario::{not_yet, whole_path};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::OsString;

/// Options of other tools, and their counterparts here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("--dry-run", PLAN),
    ("--dryrun", PLAN),
    ("--plan", PLAN),
    ("--check", "`chaos validate SCENARIO` says whether it could run"),
    ("--validate", "`chaos validate SCENARIO` says whether it could run"),
];

const PLAN: &str = "`chaos plan SCENARIO` says what a run would do, and starts nothing";

/// Values of a scenario outside its sections.
const WHOLE: &[&str] = &["duration", "name", "seed", "summary"];

/// Adds a hint to an error about an unknown option; `arguments` are the whole command line.
pub(super) fn add(error: &mut clap::Error, mut arguments: impl Iterator<Item = OsString>) {
    if error.kind() != ErrorKind::UnknownArgument {
        return;
    }
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else { return };
    let option = option.split('=').next().unwrap_or_default().to_owned();
    let usage = error.get(ContextKind::Usage).map(ToString::to_string).unwrap_or_default();
    let hint = elsewhere(&option).or_else(|| {
        let given = format!("{option}=");
        let value = arguments.find_map(|one| Some(one.to_str()?.strip_prefix(&given)?.to_owned()));
        takes_set(&usage).then(|| set(&option, value.as_deref()))?
    });
    if let Some(hint) = hint {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint.into()]));
        // clap guesses by spelling alone, and its usage has the guessed option.
        error.remove(ContextKind::SuggestedArg);
        error.remove(ContextKind::Usage);
    }
}

fn elsewhere(option: &str) -> Option<String> {
    let known = ELSEWHERE.iter().find(|(other, _)| *other == option);
    known.map(|(_, hint)| (*hint).to_owned()).or_else(|| {
        let found = not_yet::find_option(option)?;
        Some(format!("{}; {}", found.message(option), found.instead))
    })
}

/// Whether the command with this usage, as in `Usage: chaos run [OPTIONS]`, takes `--set`.
fn takes_set(usage: &str) -> bool {
    let mut command = main::command();
    for word in usage.split_whitespace().skip(2) {
        match command.find_subcommand(word) {
            Some(below) => command = below.clone(),
            None => break,
        }
    }
    command.get_arguments().any(|argument| argument.get_long() == Some("set"))
}

/// How to set a scenario's value that was given as an option.
fn set(option: &str, value: Option<&str>) -> Option<String> {
    let name = option.strip_prefix("--")?;
    let path = match WHOLE.contains(&name) {
        true => name.to_owned(),
        false => whole_path(name).or_else(|| whole_path(&name.replace('-', ".")))?,
    };
    Some(format!("use `--set {path}={}`", value.unwrap_or("VALUE")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(arguments: &[&str]) -> String {
        let mut error = main::command().try_get_matches_from(arguments).unwrap_err();
        add(&mut error, arguments.iter().map(OsString::from));
        error.to_string()
    }

    #[test]
    fn an_option_that_is_a_value_of_scenarios_is_answered_with_how_to_set_it() {
        for (option, expected) in [
            ("--acks=1", "producer.acks=1"),
            ("--acks", "producer.acks=VALUE"),
            ("--brokers=5", "cluster.brokers=5"),
            ("--duration=10s", "duration=10s"),
            ("--kafka=4.4.0", "cluster.kafka=4.4.0"),
            ("--linger.ms=0", "producer.config.linger.ms=0"),
            ("--min-insync-replicas=2", "topic.min.insync.replicas=2"),
            ("--rate=5000", "producer.rate=5000"),
            ("--timing=fast", "cluster.timing=fast"),
        ] {
            for command in ["run", "plan", "validate"] {
                let said = told(&["chaos", command, "minisr2", option]);
                assert!(said.contains(&format!("tip: use `--set {expected}`")), "{said}");
                assert!(!said.contains("similar argument"), "{said}");
            }
        }
        let said = told(&["chaos", "heal", "--acks=1"]);
        assert!(said.contains("unexpected argument '--acks'") && !said.contains("--set"), "{said}");
    }

    #[test]
    fn options_of_other_tools_are_answered_with_what_there_is() {
        insta::assert_snapshot!(told(&["chaos", "run", "minisr2", "--dry-run"]), @"
        error: unexpected argument '--dry-run' found

          tip: `chaos plan SCENARIO` says what a run would do, and starts nothing

        For more information, try '--help'.
        ");
        let bootstrap = "--bootstrap-server=localhost:9092";
        insta::assert_snapshot!(told(&["chaos", "run", "minisr2", bootstrap]), @"
        error: unexpected argument '--bootstrap-server' found

          tip: `--bootstrap-server` is not supported yet: every run starts its own cluster; name its compose file by `cluster.compose`, or write its settings under `cluster.config` and `topic`

        For more information, try '--help'.
        ");
        let said = told(&["chaos", "run", "minisr2", "--sed", "1"]);
        assert!(said.contains("'--seed'"), "{said}");
    }

    #[test]
    fn no_option_that_there_is_stands_in_the_table() {
        let command = main::command();
        for below in command.get_subcommands() {
            for long in below.get_arguments().filter_map(clap::Arg::get_long) {
                let option = format!("--{long}");
                assert!(not_yet::find_option(&option).is_none(), "{} {option}", below.get_name());
            }
        }
    }
}
