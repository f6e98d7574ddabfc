//! `chaos worker SPEC`: a client process. A run starts it; not for people.

use crate::exit::Exit;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The worker's specification, JSON.
    spec: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    crate::client::main(&arguments.spec)
}
