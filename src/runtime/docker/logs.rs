//! A container's log, kept as a file when the container goes.

use super::engine::{reason, status};
use crate::runtime::RuntimeError;
use bollard::Docker;
use bollard::errors::Error;
use bollard::query_parameters::LogsOptions;
use futures_util::StreamExt;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Duration;

/// A log of many megabytes comes in pieces; none of them takes that long.
const PIECE_WITHIN: Duration = Duration::from_secs(5);

/// Writes a container's whole log to this file, which is replaced once the log is complete. If the
/// container is gone, the file stays as it is.
pub(super) async fn keep(
    docker: &Docker,
    container: &str,
    file: &Path,
) -> Result<(), RuntimeError> {
    let part = file.with_extension("log.part");
    let failed = |e| RuntimeError::io(format!("writing {}", file.display()), e);
    let mut out = BufWriter::new(File::create(&part).map_err(failed)?);
    match copy(docker, container, &mut out).await {
        Ok(()) => {
            out.flush().map_err(failed)?;
            fs::rename(&part, file).map_err(failed)
        }
        Err(Copy::Write(e)) => Err(failed(e)),
        Err(Copy::Read(e)) => {
            fs::remove_file(&part).map_err(failed)?;
            if status(&e) == Some(404) {
                return Ok(());
            }
            let what = format!("keeping the log of container {container}: {}", reason(&e));
            Err(RuntimeError::new(what))
        }
    }
}

enum Copy {
    Read(Error),
    Write(io::Error),
}

async fn copy(docker: &Docker, container: &str, out: &mut impl Write) -> Result<(), Copy> {
    let options = LogsOptions {
        follow: false,
        stdout: true,
        stderr: true,
        tail: "all".to_owned(),
        ..LogsOptions::default()
    };
    let mut pieces = Box::pin(docker.logs(container, Some(options)));
    loop {
        match tokio::time::timeout(PIECE_WITHIN, pieces.next()).await {
            Ok(None) => return Ok(()),
            Ok(Some(Ok(piece))) => out.write_all(piece.as_ref()).map_err(Copy::Write)?,
            Ok(Some(Err(e))) => return Err(Copy::Read(e)),
            Err(_) => return Err(Copy::Read(Error::RequestTimeoutError)),
        }
    }
}
