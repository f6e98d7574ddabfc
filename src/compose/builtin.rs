//! The tool's own compose files, compiled in so that the binary works from anywhere.

use super::Variables;
use super::read::read;
use super::types::Compose;
use crate::model::Controllers;
use crate::yaml::Diagnostics;
use std::path::Path;

/// What messages call the compose file of such controllers.
pub(crate) fn builtin_name(controllers: Controllers) -> &'static str {
    match controllers {
        Controllers::Combined => "compose/docker-compose.yml",
        Controllers::Isolated => "compose/docker-compose.isolated.yml",
    }
}

/// The tool's own compose file: three combined nodes, or three brokers and three controllers.
///
/// # Errors
/// When the variables make it one that cannot be read: an empty `KAFKA_IMAGE` does not.
pub fn builtin(controllers: Controllers, variables: Variables<'_>) -> Result<Compose, Diagnostics> {
    let text = match controllers {
        Controllers::Combined => include_str!("../../compose/docker-compose.yml"),
        Controllers::Isolated => include_str!("../../compose/docker-compose.isolated.yml"),
    };
    read(builtin_name(controllers), text, Path::new("compose"), variables)
}
