//! [`Engine`]: a Docker daemon of this machine, for threads without `async`.

use crate::runtime::RuntimeError;
use bollard::Docker;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// The limit for an answer, which normally takes milliseconds. Long requests (a build, a pull) are
/// streams, and this limits the time between two pieces.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
/// The limit for a ping.
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection to a daemon. It may be used from any thread.
#[derive(Debug)]
pub struct Engine {
    docker: Docker,
    runtime: Runtime,
    version: String,
}

/// How many threads a connection may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// None: the caller does the work. For use before namespaces are entered.
    None,
    /// One that keeps streams going between requests.
    One,
}

impl Engine {
    /// Connects to the daemon that `DOCKER_HOST` names, or to the usual socket, and gets its
    /// version. The error says where it looked.
    pub fn connect(threads: Threads) -> Result<Engine, RuntimeError> {
        let mut builder = match threads {
            Threads::None => Builder::new_current_thread(),
            Threads::One => Builder::new_multi_thread(),
        };
        if threads == Threads::One {
            builder.worker_threads(1).thread_name("docker");
        }
        let runtime = builder
            .enable_all()
            .build()
            .map_err(|e| RuntimeError::io("cannot start a thread for Docker", e))?;
        let host = host();
        let failed = |e: bollard::errors::Error| {
            RuntimeError::new(format!("no Docker daemon answers at {host}: {}", reason(&e))).advise(
                "start the daemon, or set DOCKER_HOST to its socket, or use --runtime local",
            )
        };
        let (docker, version) = runtime.block_on(async {
            // The socket needs the reactor.
            let docker =
                Docker::connect_with_defaults().map_err(failed)?.with_timeout(ANSWER_TIMEOUT);
            match tokio::time::timeout(PING_TIMEOUT, docker.version()).await {
                Ok(Ok(version)) => Ok((docker, version.version.unwrap_or_default())),
                Ok(Err(e)) => Err(failed(e)),
                Err(_) => Err(failed(bollard::errors::Error::RequestTimeoutError)),
            }
        })?;
        Ok(Engine { docker, runtime, version })
    }

    /// `20.10.24`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// For requests made in [`Engine::wait`].
    pub fn docker(&self) -> &Docker {
        &self.docker
    }

    /// Waits for a request's answer.
    pub fn wait<F: Future>(&self, request: F) -> F::Output {
        self.runtime.block_on(request)
    }

    /// Like [`Engine::wait`]; the error says what was asked and the daemon's reason.
    pub fn ask<T, F>(&self, what: &str, request: F) -> Result<T, RuntimeError>
    where
        F: Future<Output = Result<T, bollard::errors::Error>>,
    {
        self.wait(request).map_err(|e| failed(what, &e))
    }
}

/// An error that says what was asked and why it failed. If the daemon is gone, it says what to do.
pub(super) fn failed(what: &str, error: &bollard::errors::Error) -> RuntimeError {
    if let bollard::errors::Error::DockerResponseServerError { .. } = error {
        return RuntimeError::new(format!("{what}: {}", reason(error)));
    }
    let host = host();
    RuntimeError::new(format!("{what}: the Docker daemon at {host} fails: {}", reason(error)))
        .advise("start the daemon again; `chaos heal` then removes what is left of the run")
}

/// The status with which the daemon refused; `None`: it did not answer.
pub(super) fn status(error: &bollard::errors::Error) -> Option<u16> {
    match error {
        bollard::errors::Error::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}

/// An answer within this time.
///
/// # Errors
/// The daemon's message; or that it did not answer in time.
pub(super) async fn within<T>(
    limit: Duration,
    request: impl Future<Output = Result<T, bollard::errors::Error>>,
) -> Result<T, bollard::errors::Error> {
    let late = |_| bollard::errors::Error::RequestTimeoutError;
    tokio::time::timeout(limit, request).await.map_err(late)?
}

/// Where the daemon is expected.
pub fn host() -> String {
    std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".to_owned())
}

/// Whether this machine has a daemon at all, running or not: judged by DOCKER_HOST, its socket, or
/// its program.
pub fn is_installed() -> bool {
    const FOLDERS: [&str; 5] = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/sbin", "/snap/bin"];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path).chain(FOLDERS.map(PathBuf::from));
    std::env::var_os("DOCKER_HOST").is_some()
        || Path::new("/var/run/docker.sock").exists()
        || folders.any(|folder| folder.join("dockerd").exists())
}

/// The daemon's own message, without the client's wrapping.
pub fn reason(error: &bollard::errors::Error) -> String {
    match error {
        bollard::errors::Error::DockerResponseServerError { message, .. } => message.clone(),
        bollard::errors::Error::DockerStreamError { error } => error.clone(),
        // The reason matters, not the client's name for it.
        bollard::errors::Error::HyperLegacyError { err } => root(err).to_string(),
        other => {
            let mut text = other.to_string();
            let mut source = std::error::Error::source(other);
            while let Some(below) = source {
                let more = below.to_string();
                if !text.contains(&more) {
                    text.push_str(": ");
                    text.push_str(&more);
                }
                source = below.source();
            }
            text
        }
    }
}

fn root<'e>(error: &'e (dyn std::error::Error + 'static)) -> &'e (dyn std::error::Error + 'static) {
    std::iter::successors(Some(error), |e| e.source()).last().unwrap_or(error)
}
