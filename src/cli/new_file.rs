//! How a command that writes one new file ends: with what it wrote, or with why it wrote none.

use super::compare::complain;
use crate::exit::Exit;
use std::io::{self, Write};
use std::path::Path;

/// Why nothing was written, and the exit that it leads to.
pub(super) type Refused = (Exit, String);

/// Says on `out` what was written, a line or more without the last line's end, or on `err` why
/// nothing was.
///
/// # Errors
/// When `out` or `err` cannot be written.
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

/// The file could not be opened for a first time, or not written.
pub(super) fn unwritten(file: &Path, error: &io::Error, if_there: &str) -> Refused {
    let shown = file.display();
    if error.kind() == io::ErrorKind::AlreadyExists {
        return (Exit::Usage, format!("{shown}: already exists\n  help: {if_there}"));
    }
    (Exit::Environment, format!("{shown}: cannot be written: {error}"))
}
