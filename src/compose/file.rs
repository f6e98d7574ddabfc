//! Compose files on disk, with `.env` beside them and the process's environment.

use super::Variables;
use super::environment::parse_lines;
use super::read::read;
use super::types::Compose;
use crate::yaml::{Diagnostics, Place, Source};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Reads a compose file, `.env` beside it and the files that it names. The process's environment
/// overrides `.env`. Reports all problems at once.
pub(crate) fn read_file(path: &Path) -> Result<Compose, Diagnostics> {
    read_file_with(path, &process_environment)
}

pub(crate) fn process_environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

pub(super) fn read_file_with(
    path: &Path,
    environment: Variables<'_>,
) -> Result<Compose, Diagnostics> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let help = "name a compose file, as in compose/docker-compose.yml";
        unreadable(path, &format!("cannot read the compose file: {error}"), help)
    })?;
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_owned);
    let beside = read_dot_env(&folder.join(".env"), environment)?;
    let variables = |name: &str| environment(name).or_else(|| beside.get(name).cloned());
    read(&path.display().to_string(), &text, &folder, &variables)
}

fn read_dot_env(
    path: &Path,
    environment: Variables<'_>,
) -> Result<BTreeMap<String, String>, Diagnostics> {
    match std::fs::read_to_string(path) {
        Ok(text) => parse_lines(&path.display().to_string(), &text, Some(environment))
            .map_err(Diagnostics::new),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => {
            let message = format!("cannot read the variables beside the compose file: {error}");
            Err(unreadable(path, &message, "make it readable, or remove it"))
        }
    }
}

fn unreadable(path: &Path, message: &str, help: &str) -> Diagnostics {
    let name = path.display().to_string();
    let source = Source { name, text: String::new(), arguments: Vec::new() };
    Diagnostics::new(vec![source.problem(Place::FILE, message).help(help)])
}
