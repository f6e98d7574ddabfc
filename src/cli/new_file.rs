//! How a command that writes one new file ends: with what it wrote, or with why it wrote nothing.

use super::compare::complain;
use crate::exit::Exit;
use std::io::{self, Write};
use std::path::Path;

/// Why nothing was written, and the exit.
pub(super) type Refused = (Exit, String);

/// Prints on `out` what was written, without a final line break, or on `err` why nothing was.
pub(super) fn end(
    written: Result<String, Refused>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<Exit> {
    match written {
        Ok(lines) => {
            writeln!(out, "{lines}")?;
            Ok(Exit::Pass)
        }
        Err((exit, why)) => {
            complain(&why, err)?;
            Ok(exit)
        }
    }
}

/// The file could not be created or written.
pub(super) fn unwritten(file: &Path, error: &io::Error, if_there: &str) -> Refused {
    let shown = file.display();
    if error.kind() == io::ErrorKind::AlreadyExists {
        return (Exit::Usage, format!("{shown}: already exists\n  help: {if_there}"));
    }
    (Exit::Environment, format!("{shown}: cannot be written: {error}"))
}
