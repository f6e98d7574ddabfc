//! `chaos completions SHELL`: the command line without hidden parts, and with possible values.

use super::main;
use crate::exit::Exit;
use crate::report;
use crate::scenario::{self, builtin};
use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, ValueHint};
use clap_complete::Shell;
use serde_json::Value;
use std::io::{self, Write};

/// Print a script that makes a shell complete commands and options
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  chaos completions bash > ~/.local/share/bash-completion/completions/chaos
  chaos completions zsh > ~/.zfunc/_chaos
  chaos completions fish > ~/.config/fish/completions/chaos.fish")]
pub(super) struct Arguments {
    /// Shell to complete for
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<Exit> {
    // Into memory first: the generator panics if it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut shown(&main::command()), "chaos", &mut script);
    let script = String::from_utf8(script).map_err(io::Error::other)?;
    let script = match arguments.shell {
        Shell::Zsh => for_zsh(&script),
        Shell::Fish => for_fish(script),
        _ => script,
    };
    out.write_all(script.as_bytes())?;
    Ok(Exit::Pass)
}

/// The command without hidden parts: the generator would include them, and clap cannot remove them.
/// Arguments get possible values; the command line itself accepts others, too.
fn shown(command: &Command) -> Command {
    let arguments = command.get_arguments().filter(|argument| !argument.is_hide_set());
    let commands = command.get_subcommands().filter(|command| !command.is_hide_set());
    let about = command.get_about().cloned().unwrap_or_default();
    Command::new(command.get_name().to_owned())
        .about(about)
        .args(arguments.cloned().map(hinted))
        .subcommands(commands.map(shown))
}

/// An argument with its possible values, by its name in the help.
fn hinted(argument: Arg) -> Arg {
    let name = argument.get_value_names().and_then(|names| names.first());
    let name = name.map_or(String::new(), ToString::to_string);
    match name.as_str() {
        "SCENARIO" => argument.value_parser(PossibleValuesParser::new(builtin::names())),
        // `Other`: no space after it, because the value comes next.
        "SECTION.PROPERTY=VALUE" => argument
            .value_parser(PossibleValuesParser::new(settings()))
            .value_hint(ValueHint::Other),
        "PROPERTY=VALUE,VALUE" => {
            argument.value_parser(PossibleValuesParser::new(axes("="))).value_hint(ValueHint::Other)
        }
        "COLUMN" => {
            let columns = report::sort_columns().map(str::to_owned);
            argument.value_parser(PossibleValuesParser::new(columns.chain(axes(""))))
        }
        "DIR" => argument.value_hint(ValueHint::DirPath),
        "FILE" | "RUN" | "BASE" | "NEW" => argument.value_hint(ValueHint::AnyPath),
        _ => argument,
    }
}

/// The keys below a part of the schema of scenarios.
fn keys(schema: &Value) -> impl Iterator<Item = &str> {
    let properties = schema["properties"].as_object().into_iter().flatten();
    // `false`: the tool's own, which no scenario may set.
    properties.filter(|(_, schema)| *schema != false).map(|(key, _)| key.as_str())
}

/// What `--set` accepts, up to the `=`.
fn settings() -> Vec<String> {
    let schema = scenario::schema();
    let mut all = Vec::new();
    for section in ["cluster", "topic", "producer"] {
        let schema = &schema["properties"][section];
        let own = keys(schema).filter(|key| *key != "config");
        all.extend(own.map(|key| format!("{section}.{key}=")));
        let below = keys(&schema["properties"]["config"]);
        all.extend(below.map(|key| format!("{section}.config.{key}=")));
    }
    let metrics = keys(&schema["definitions"]["expectation"]).filter(|key| *key != "when");
    all.extend(metrics.map(|metric| format!("expect.{metric}=")));
    all.extend(["duration=", "name=", "seed=", "summary="].map(str::to_owned));
    all.sort();
    all.dedup();
    all
}

/// What can be swept.
fn axes(end: &str) -> Vec<String> {
    let schema = scenario::schema();
    keys(&schema["definitions"]["names"]).map(|axis| format!("{axis}{end}")).collect()
}

/// The generator offers either names or files for a value, and adds a space after each name.
fn for_zsh(script: &str) -> String {
    let list = |words: &[String]| words.join(" ");
    let names = list(&builtin::names().map(str::to_owned).collect::<Vec<_>>());
    let (settings, axes) = (list(&settings()), list(&axes("=")));
    let functions = format!(
        "_chaos_scenarios() {{\n    _alternative 'scenarios:built-in scenario:({names})' \
         'files:file:_files'\n}}\n\n\
         _chaos_settings() {{\n    compadd -S '' -- {settings}\n}}\n\n\
         _chaos_axes() {{\n    compadd -S '' -- {axes}\n}}\n\n"
    );
    let builtin = format!(":({names})'");
    let line = |line: &str| match line {
        // An option may take a built-in scenario and no file. After `*::` no option is offered.
        line if line.contains(&builtin) && !line.starts_with("'-") => {
            line.replace(&builtin, ":_chaos_scenarios'").replacen("'*::", "'*:", 1) + "\n"
        }
        line => format!("{line}\n"),
    };
    let script: String = script.lines().map(line).collect();
    let script = script
        .replace(&format!(":({settings})'"), ":_chaos_settings'")
        .replace(&format!(":({axes})'"), ":_chaos_axes'");
    script.replacen("_chaos() {", &format!("{functions}_chaos() {{"), 1)
}

/// The generator ignores arguments without a name.
fn for_fish(script: String) -> String {
    let names = builtin::names().collect::<Vec<_>>().join(" ");
    let command = main::command();
    let takes_scenarios = |command: &&Command| {
        command.get_positionals().any(|argument| {
            let names = argument.get_value_names().into_iter().flatten();
            names.into_iter().any(|name| name.as_str() == "SCENARIO")
        })
    };
    let lines = command.get_subcommands().filter(takes_scenarios).map(|command| {
        let name = command.get_name();
        format!("complete -c chaos -n \"__fish_chaos_using_subcommand {name}\" -a \"{names}\"\n")
    });
    script + &lines.collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;
    use std::process::Command as Process;

    fn script(shell: Shell) -> String {
        let mut out = Vec::new();
        run(&Arguments { shell }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_shell_gets_the_visible_commands_and_no_others() {
        for shell in Shell::value_variants() {
            let script = script(*shell);
            for shown in ["validate", "completions", "until-decided", "port-base"] {
                assert!(script.contains(shown), "{shell}: {shown} is missing");
            }
            // `chaos worker`, `chaos filter --ttl-s`, and `chaos doctor --child`.
            for hidden in ["worker", "ttl-s", "child"] {
                assert!(!script.contains(hidden), "{shell}: {hidden} is shown");
            }
        }
    }

    #[test]
    fn what_is_offered_for_set_and_sweep_is_taken() {
        let text = "name: t\nduration: 9s\n";
        for setting in settings() {
            let given = format!("{setting}\u{1}");
            let asked = crate::plan::Asked { overrides: &[given], ..Default::default() };
            let Err(problems) = crate::plan::study_from_text("t", text, &asked) else { continue };
            let said = problems.to_string();
            let taken = !said.contains("unknown key") && !said.starts_with("error: `--set");
            assert!(taken, "{setting}: {said}");
        }
        for axis in axes("=") {
            let given = format!("{axis}\u{1}");
            let asked = crate::plan::Asked { sweeps: &[given], ..Default::default() };
            let Err(problems) = crate::plan::study_from_text("t", text, &asked) else { continue };
            let said = problems.to_string();
            assert!(!said.contains("no property"), "{axis}: {said}");
        }
        assert!(settings().len() > 100 && axes("").len() > 80);
    }

    /// What bash offers for the last of these words.
    fn offered(words: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("chaos.bash");
        std::fs::write(&file, script(Shell::Bash)).unwrap();
        let (last, count) = (words.last().unwrap(), words.len());
        let before = words[count - 2];
        // `compopt` works in a real completion only.
        let code = format!(
            "compopt() {{ echo \"[$2]\"; }}; source {}; COMP_WORDS=({}); COMP_CWORD={}; \
             _chaos chaos '{last}' '{before}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            file.display(),
            words.join(" "),
            count - 1,
        );
        let output = Process::new("bash").args(["--norc", "-c", &code]).output().unwrap();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    #[test]
    fn bash_offers_scenarios_settings_axes_and_columns() {
        assert_eq!(offered(&["chaos", "run", "minisr"]), ["minisr1", "minisr2", "minisr3"]);
        assert_eq!(offered(&["chaos", "plan", "zom"]), ["zombie-leader"]);
        let again = ["chaos", "run", "minisr2", "--seed", "1", "acks"];
        assert_eq!(offered(&again), ["acks1-leader-loss"]);
        // The rest is left to bash, which offers files.
        assert_eq!(offered(&["chaos", "run", "scenarios/"]), [""; 0]);
        let set = offered(&["chaos", "run", "minisr2", "--set", "topic.min.ins"]);
        assert_eq!(set, ["[nospace]", "topic.min.insync.replicas="]);
        let sweep = offered(&["chaos", "matrix", "--sweep", "cluster.k"]);
        assert_eq!(sweep, ["[nospace]", "cluster.kafka="]);
        assert_eq!(offered(&["chaos", "report", "--sort", "p99"]), ["p99-before", "p99-during"]);
    }

    #[test]
    fn zsh_and_fish_offer_scenarios_beside_files() {
        let zsh = script(Shell::Zsh);
        // `run`, `validate` and `plan`; `run`, `matrix`, `validate` and `plan`.
        for (call, count) in [(":_chaos_scenarios'", 3), (":_chaos_settings'", 4)] {
            assert_eq!(zsh.matches(call).count(), count, "{call}");
        }
        assert_eq!(zsh.matches(":_chaos_axes'").count(), 4);
        assert!(zsh.contains("\n'*:files -- ") && !zsh.contains("\n'*::files -- "), "{zsh}");
        assert!(
            zsh.contains("_chaos_scenarios() {\n    _alternative 'scenarios:built-in scenario:")
        );
        let fish = script(Shell::Fish);
        let line =
            "complete -c chaos -n \"__fish_chaos_using_subcommand plan\" -a \"acks1-leader-loss ";
        assert!(fish.contains(line), "{fish}");
    }
}
