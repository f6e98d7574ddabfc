//! What is said of options that there are not, beside clap's own words: where what a person most
//! likely wants is found, or that it is not there yet.

use crate::scenario::not_yet;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Options of other tools, and what does the same here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("--dry-run", PLAN),
    ("--dryrun", PLAN),
    ("--plan", PLAN),
    ("--check", "`chaos validate SCENARIO` says whether it could run"),
    ("--validate", "`chaos validate SCENARIO` says whether it could run"),
];

const PLAN: &str = "`chaos plan SCENARIO` says what a run would do, and starts nothing";

/// Adds a hint to an error on an option that is unknown.
pub(super) fn add(error: &mut clap::Error) {
    if error.kind() != ErrorKind::UnknownArgument {
        return;
    }
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else { return };
    let option = option.split('=').next().unwrap_or_default().to_owned();
    if let Some(hint) = hint(&option) {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint.into()]));
        // Clap's own guess is one by spelling alone.
        error.remove(ContextKind::SuggestedArg);
    }
}

fn hint(option: &str) -> Option<String> {
    let known = ELSEWHERE.iter().find(|(other, _)| *other == option);
    known.map(|(_, hint)| (*hint).to_owned()).or_else(|| {
        let found = not_yet::find_option(option)?;
        Some(format!("{}; {}", found.message(option), found.instead))
    })
}

#[cfg(test)]
mod tests {
    use super::super::main;
    use super::*;

    fn told(arguments: &[&str]) -> String {
        let mut error = main::command().try_get_matches_from(arguments).unwrap_err();
        add(&mut error);
        error.to_string()
    }

    #[test]
    fn options_of_other_tools_are_answered_with_what_there_is() {
        let said = told(&["chaos", "run", "minisr2", "--dry-run"]);
        assert!(said.contains("unexpected argument '--dry-run' found"), "{said}");
        assert!(said.contains("tip: `chaos plan SCENARIO` says what a run would do"), "{said}");
        let said = told(&["chaos", "run", "minisr2", "--bootstrap-server=localhost:9092"]);
        let expected = "tip: `--bootstrap-server` is not there yet: every run starts a cluster of its own; \
                        name its compose file by `cluster.compose`";
        assert!(said.contains(expected), "{said}");
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
