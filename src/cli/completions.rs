//! `chaos completions SHELL`, and the command line without what is hidden.

use super::main;
use crate::exit::Exit;
use clap::Command;
use clap_complete::Shell;
use std::io::{self, Write};

/// Print a script that makes a shell complete commands and options
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  chaos completions bash > ~/.local/share/bash-completion/completions/chaos
  chaos completions zsh > ~/.zfunc/_chaos
  chaos completions fish > ~/.config/fish/completions/chaos.fish")]
pub(super) struct Arguments {
    /// For which shell
    #[arg(value_enum)]
    shell: Shell,
}

/// The script on `out`.
///
/// # Errors
/// When `out` cannot be written.
pub(super) fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<Exit> {
    // Into memory first: the generator panics when it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut visible(&main::command()), "chaos", &mut script);
    out.write_all(&script)?;
    Ok(Exit::Pass)
}

/// The command again with the arguments and commands that are not hidden: the generator does not
/// leave them out, and clap cannot take them away.
fn visible(command: &Command) -> Command {
    let arguments = command.get_arguments().filter(|argument| !argument.is_hide_set());
    let commands = command.get_subcommands().filter(|command| !command.is_hide_set());
    let about = command.get_about().cloned().unwrap_or_default();
    Command::new(command.get_name().to_owned())
        .about(about)
        .args(arguments.cloned())
        .subcommands(commands.map(visible))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn every_shell_gets_the_visible_commands_and_no_others() {
        for shell in Shell::value_variants() {
            let mut out = Vec::new();
            run(&Arguments { shell: *shell }, &mut out).unwrap();
            let script = String::from_utf8(out).unwrap();
            for shown in ["validate", "completions", "until-decided", "port-base"] {
                assert!(script.contains(shown), "{shell}: {shown} is missing");
            }
            // `chaos worker`, `chaos filter --ttl-s`, and `chaos doctor --child`.
            for hidden in ["worker", "ttl-s", "child"] {
                assert!(!script.contains(hidden), "{shell}: {hidden} is shown");
            }
        }
    }
}
