//! `chaos schema`: the JSON Schema of a scenario file.

use crate::exit::Exit;
use crate::scenario;
use std::io::{self, Write};

/// Print the JSON Schema of scenario files, for editors
#[derive(Debug, clap::Args)]
#[command(after_help = "\
An editor with a YAML language server completes and checks a scenario, and shows
what each key means, when the file's first line names the schema:
  # yaml-language-server: $schema=scenario.schema.json
`chaos new` writes that line where it finds the file.

Examples:
  chaos schema > scenario.schema.json")]
pub(super) struct Arguments {}

pub(super) fn run(out: &mut dyn Write) -> io::Result<Exit> {
    out.write_all(scenario::printed(&scenario::schema()).as_bytes())?;
    Ok(Exit::Pass)
}
