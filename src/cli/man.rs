//! `chaos man [DIR]`: manual pages.

use super::compare::complain;
use super::main;
use crate::exit::Exit;
use crate::model::counted;
use crate::report::printable;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Write manual pages
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without a folder it prints the page of chaos itself.

Examples:
  chaos man > chaos.1
  chaos man ~/.local/share/man/man1

Exit status:
  0  written
  4  the folder or a page cannot be written")]
pub(super) struct Arguments {
    /// Write a page for each command to this folder, which is made if it is missing
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// The main page on `out`, or all pages in the folder and their number on `out`.
pub(super) fn run(
    arguments: &Arguments,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Exit> {
    let Some(folder) = &arguments.folder else {
        clap_mangen::Man::new(main::command()).render(out)?;
        return Ok(Exit::Pass);
    };
    let shown = printable(&folder.display().to_string());
    match write_all(folder) {
        Ok(count) => {
            writeln!(out, "{shown}: {}", counted(count, "page"))?;
            Ok(Exit::Pass)
        }
        Err(error) => {
            complain(&format!("{shown}: cannot write manual pages: {error}"), err)?;
            Ok(Exit::Environment)
        }
    }
}

/// The generator leaves out hidden parts.
fn write_all(folder: &Path) -> io::Result<usize> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(main::command(), folder)?;
    Ok(pages(&main::command()))
}

/// Number of visible commands, itself included.
fn pages(command: &clap::Command) -> usize {
    let visible = command.get_subcommands().filter(|command| !command.is_hide_set());
    1 + visible.map(pages).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gets_a_page_for_every_visible_command_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("man/man1");
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let arguments = Arguments { folder: Some(target.clone()) };
        assert_eq!(run(&arguments, &mut out, &mut err).unwrap(), Exit::Pass);
        let names: Vec<String> = fs::read_dir(&target)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        for page in ["chaos.1", "chaos-run.1", "chaos-cluster-up.1", "chaos-man.1"] {
            assert!(names.iter().any(|name| name == page), "{page} is missing: {names:?}");
        }
        assert!(!names.iter().any(|name| name.contains("worker") || name.contains("filter")));
        let said = String::from_utf8(out).unwrap();
        assert_eq!(said, format!("{}: {} pages\n", target.display(), names.len()));
        let page = fs::read_to_string(target.join("chaos-run.1")).unwrap();
        assert!(page.contains("chaos run minisr2"), "the examples are missing: {page}");
    }

    #[test]
    fn the_main_page_goes_to_standard_output() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        assert_eq!(run(&Arguments { folder: None }, &mut out, &mut err).unwrap(), Exit::Pass);
        let page = String::from_utf8(out).unwrap();
        assert!(page.contains(".TH chaos 1"), "{page}");
        assert!(page.contains("validate") && !page.contains("worker"), "{page}");
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error_of_the_environment() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let arguments = Arguments { folder: Some(file.path().join("below")) };
        assert_eq!(run(&arguments, &mut out, &mut err).unwrap(), Exit::Environment);
        assert!(String::from_utf8(err).unwrap().contains("cannot write manual pages"));
    }
}
