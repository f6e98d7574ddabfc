//! [`main`]: the whole life of a worker process. It reads its spec, follows its conductor's words
//! and carries out its role.

use super::control::{Control, listen};
use super::producer;
use super::spec::WorkerSpec;
use super::wire::log_line;
use crate::clock::Epoch;
use crate::exit::Exit;
use crate::plan::Role;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;

/// Errors go to stderr, which is the worker's log.
pub(crate) fn main(spec_path: &Path) -> Exit {
    let spec = match WorkerSpec::read(spec_path) {
        Ok(spec) => spec,
        Err(error) => {
            log_line(Epoch::now(), &error.to_string());
            return Exit::Environment;
        }
    };
    let control = Arc::new(Control::default());
    let (listener, epoch) = (Arc::clone(&control), spec.epoch);
    thread::spawn(move || listen(&listener, epoch));
    let out = &mut io::stdout();
    let ended = match &spec.role {
        Role::Producer(plan) => producer::run(&spec, plan, &control, out).map(drop),
    };
    match ended {
        Ok(()) => Exit::Pass,
        Err(error) => {
            log_line(spec.epoch, &error.to_string());
            Exit::Environment
        }
    }
}
