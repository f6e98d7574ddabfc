//! The tool's own compose files, compiled in so that the binary works from anywhere.

use super::Variables;
use super::read::read;
use super::types::Compose;
use crate::model::Controllers;
use crate::yaml::Diagnostics;
use std::path::Path;

/// The name of the built-in file in messages.
pub(crate) fn builtin_name(controllers: Controllers) -> &'static str {
    match controllers {
        Controllers::Combined => "compose/docker-compose.yml",
        Controllers::Isolated => "compose/docker-compose.isolated.yml",
    }
}

/// The tool's own compose file: three combined nodes, or three brokers and three controllers. Fails
/// only for odd variables, such as an empty `KAFKA_IMAGE`.
pub fn builtin(controllers: Controllers, variables: Variables<'_>) -> Result<Compose, Diagnostics> {
    let text = match controllers {
        Controllers::Combined => include_str!("../../compose/docker-compose.yml"),
        Controllers::Isolated => include_str!("../../compose/docker-compose.isolated.yml"),
    };
    read(builtin_name(controllers), text, Path::new("compose"), variables)
}
