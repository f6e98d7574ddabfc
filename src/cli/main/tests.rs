//! The command line's help: every visible command has examples, they parse, lines fit into 80
//! columns, and a misspelled command is answered with the intended one.

use super::super::main;
use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

const COLUMNS: usize = 80;

/// Calls `tell` with every visible command and its full name, `chaos` first.
fn each(command: &Command, name: &str, tell: &mut dyn FnMut(&Command, &str)) {
    tell(command, name);
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        each(below, &format!("{name} {}", below.get_name()), tell);
    }
}

/// The lines under `Examples:` that begin with `chaos `, with continuation lines joined.
fn examples(help: &str) -> Vec<String> {
    let Some((_, after)) = help.split_once("Examples:\n") else { return Vec::new() };
    let section = after.split("\n\n").next().unwrap_or_default().replace("\\\n", " ");
    let lines = section.lines().map(str::trim);
    lines.filter(|line| line.starts_with("chaos ")).map(str::to_owned).collect()
}

/// The words of an example, up to where a shell would redirect the output.
fn words(example: &str) -> Vec<&str> {
    example.split_whitespace().take_while(|word| !matches!(*word, ">" | ">>" | "|" | "#")).collect()
}

fn after_help(command: &Command) -> String {
    command.get_after_help().map(ToString::to_string).unwrap_or_default()
}

#[test]
fn every_visible_command_has_examples_that_parse_and_are_about_it() {
    each(&main::command(), "chaos", &mut |command, name| {
        let examples = examples(&after_help(command));
        assert!(!examples.is_empty(), "`{name} --help` has no `Examples:`");
        for example in examples {
            assert!(example.starts_with(name), "`{name} --help` is about another: {example}");
            let parsed = main::command().try_get_matches_from(words(&example));
            assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
        }
    });
}

#[test]
fn help_fits_into_80_columns() {
    each(&main::command(), "chaos", &mut |command, name| {
        let wide = |text: &str| {
            text.lines().find(|line| line.chars().count() > COLUMNS).map(str::to_owned)
        };
        // clap would break a longer line anywhere.
        assert_eq!(wide(&after_help(command)), None, "the texts under `{name} --help`");
        let help = command.clone().term_width(COLUMNS).render_long_help().to_string();
        assert_eq!(wide(&help), None, "`{name} --help`");
    });
}

#[test]
fn help_is_as_it_was_read() {
    let help = |command: Command| {
        // KAFKA_HOME may be set here.
        let command = command.mut_args(|argument| argument.hide_env_values(true));
        let text = command.term_width(COLUMNS).render_long_help().to_string();
        text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!("help", help(main::command()));
    let mut command = main::command();
    command.build();
    insta::assert_snapshot!("help_run", help(command.find_subcommand("run").unwrap().clone()));
}

/// What clap suggests for a command line that it refuses.
fn suggested(arguments: &[&str], kind: ErrorKind, context: ContextKind) -> String {
    let error = main::command().try_get_matches_from(arguments).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    match error.get(context) {
        Some(ContextValue::String(word)) => word.clone(),
        Some(ContextValue::Strings(words)) => words.join(" "),
        other => panic!("nothing is suggested: {other:?}"),
    }
}

#[test]
fn a_mistyped_command_option_or_word_is_answered_with_what_was_meant() {
    let command = |word| {
        let kind = ErrorKind::InvalidSubcommand;
        suggested(&["chaos", word], kind, ContextKind::SuggestedSubcommand)
    };
    assert_eq!(command("runn"), "run");
    assert_eq!(command("valdate"), "validate");
    assert_eq!(command("doctr"), "doctor");
    let arguments = ["chaos", "run", "minisr2", "--repaet", "3"];
    let option = suggested(&arguments, ErrorKind::UnknownArgument, ContextKind::SuggestedArg);
    assert_eq!(option, "--repeat");
    let arguments = ["chaos", "new", "mine", "--from", "minsr2"];
    let value = suggested(&arguments, ErrorKind::InvalidValue, ContextKind::SuggestedValue);
    assert_eq!(value, "minisr2");
}

#[test]
fn the_reading_of_examples_can_fail() {
    assert!(examples("Exit status:\n  0  well\n").is_empty());
    let help = "Examples:\n  chaos run a \\\n      --quiet\n  # not one\n\nchaos x\n";
    assert_eq!(examples(help), ["chaos run a        --quiet"]);
    assert_eq!(words("chaos man > chaos.1"), ["chaos", "man"]);
}
