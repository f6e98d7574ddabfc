//! `exec`: runs the user's own command among the clients, with the run's facts in its environment.
//! Proved by exit status 0.

use super::custody::Holder;
use super::holds::Way;
use super::prepare::{Prepare, Stage};
use super::{Fault, FaultError};
use crate::runtime::Node;
use crate::timeline;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

/// How much of the command's output is quoted as evidence.
const QUOTED_BYTES_MAX: usize = 300;

pub(super) struct Exec {
    holder: Holder,
    /// The command accounts for whatever happens to these while it runs.
    touched: Vec<Node>,
    command: Vec<String>,
    environment: Vec<(String, String)>,
    log: PathBuf,
    child: Option<Child>,
    status: Option<ExitStatus>,
}

impl Exec {
    /// A command with these variables; its output goes to `log`.
    pub(super) fn new(
        holder: Holder,
        touched: Vec<Node>,
        command: Vec<String>,
        environment: Vec<(String, String)>,
        log: PathBuf,
    ) -> Self {
        Exec { holder, touched, command, environment, log, child: None, status: None }
    }

    fn quoted_output(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        let end = &bytes[bytes.len().saturating_sub(QUOTED_BYTES_MAX)..];
        let end = String::from_utf8_lossy(end);
        // It is quoted within a line.
        let text = end
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join("; ");
        if text.is_empty() { "no output".to_owned() } else { format!("it said: {text}") }
    }

    fn poll(&mut self) -> Result<(), FaultError> {
        if let (Some(child), None) = (&mut self.child, self.status) {
            self.status =
                child.try_wait().map_err(|e| FaultError::system("waiting for the command", e))?;
        }
        Ok(())
    }
}

impl Prepare for timeline::Exec {
    fn prepare(&self, stage: &Stage<'_>) -> Result<Box<dyn Fault>, FaultError> {
        Ok(Box::new(Exec::new(
            stage.holder(),
            stage.nodes(&self.touches)?,
            self.command.clone(),
            (stage.site.environment)(),
            stage.site.folder.join(format!("exec-{}.log", stage.fault)),
        )))
    }
}

impl Fault for Exec {
    fn nodes(&self) -> Vec<String> {
        if self.touched.is_empty() {
            return vec!["clients".to_owned()];
        }
        self.touched.iter().map(|node| node.name.clone()).collect()
    }

    fn remedy(&self) -> String {
        "none: the command dies with the tool".to_owned()
    }

    fn inject(&mut self) -> Result<(), FaultError> {
        let error = |e| FaultError::system(format!("writing {}", self.log.display()), e);
        let log = File::create(&self.log).map_err(error)?;
        let mut command = Command::new(&self.command[0]);
        command
            .args(&self.command[1..])
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(error)?)
            .stderr(log);
        for node in &self.touched {
            self.holder.take(node, Way::Touched, &[]);
        }
        self.child = Some(self.holder.cluster.spawn_client(command)?);
        Ok(())
    }

    fn prove(&mut self) -> Result<Option<String>, FaultError> {
        self.poll()?;
        match self.status {
            None => Ok(None),
            Some(status) if status.success() => {
                Ok(Some(format!("the command ended with status 0; {}", self.quoted_output())))
            }
            Some(status) => Err(FaultError::NoEffect(format!(
                "the command failed ({status}); {}",
                self.quoted_output()
            ))),
        }
    }

    fn is_over(&mut self) -> bool {
        self.status.is_some()
    }

    fn heal(&mut self) -> Result<Option<String>, FaultError> {
        self.poll()?;
        if let (Some(child), None) = (&mut self.child, self.status) {
            // It has its own session, so its children are in its group and go with it.
            let pid = child.id() as i32;
            match killpg(Pid::from_raw(pid), Signal::SIGKILL) {
                Ok(()) | Err(nix::errno::Errno::ESRCH) => {}
                Err(e) => return Err(FaultError::system("killing the command's group", e)),
            }
            child.kill().map_err(|e| FaultError::system("killing the command", e))?;
            let reaped = child.wait().map_err(|e| FaultError::system("reaping the command", e))?;
            self.status = Some(reaped);
        }
        self.holder.let_all_go(&self.touched, Way::Touched)
    }

    fn last_words(&mut self) -> Option<String> {
        self.status.is_none().then(|| "the command was still running and was killed".to_owned())
    }
}
