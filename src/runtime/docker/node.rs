//! [`NodeContainer`]: one Kafka node's container, and its process while it runs.

use super::engine::{Engine, failed, status, within};
use super::process_state::{Live, ProcessState};
use super::spec::{listeners, role};
use crate::compose::KafkaService;
use crate::runtime::{Liveness, Node, Process, RuntimeError};
use bollard::errors::Error;
use bollard::models::ContainerState;
use bollard::query_parameters::InspectContainerOptions;
use std::fs::{self, File};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The daemon answers in milliseconds, or under load in a second.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// A look at the nodes does not wait longer for a daemon that is gone.
const GLANCE_WITHIN: Duration = Duration::from_secs(2);
/// The daemon hears of a process's end a moment after the kernel.
const END_SEEN_WITHIN: Duration = Duration::from_secs(30);
const END_POLL: Duration = Duration::from_millis(10);
/// A start takes up to a few seconds on a busy machine.
const STARTED_WITHIN: Duration = Duration::from_secs(60);

/// A service's container.
#[derive(Debug)]
pub(super) struct NodeContainer {
    pub(super) service: KafkaService,
    pub(super) container: String,
    /// On the services' common network; fixed.
    pub(super) address: Ipv4Addr,
    known: ProcessState,
}

impl NodeContainer {
    /// A container that was created and not started.
    pub(super) fn new(service: KafkaService, container: String, address: Ipv4Addr) -> Self {
        NodeContainer { service, container, address, known: ProcessState::dead() }
    }

    /// The service's name is the node's.
    pub(super) fn name(&self) -> &str {
        &self.service.service.name
    }

    /// The node as it is now. The daemon is asked only about a dead node, and not each time.
    pub(super) fn now(&self, engine: &Engine) -> Node {
        let life = self.life(engine);
        Node {
            id: self.service.id,
            name: self.name().to_owned(),
            role: role(&self.service),
            life: life.clone().map(|live| vec![live.process.pid]),
            address: Some(self.address),
            listeners: listeners(&self.service),
            netns: life.alive().and_then(|live| live.netns),
        }
    }

    /// Whether it lives, and its process.
    pub(super) fn life(&self, engine: &Engine) -> Liveness<Live> {
        self.known.life(|| {
            // Somebody may have started it: a person, or a user's `exec`.
            let inspected = self.inspect(engine, GLANCE_WITHIN)?;
            Ok(life_of(&inspected, &self.container))
        })
    }

    pub(super) fn inspect(
        &self,
        engine: &Engine,
        limit: Duration,
    ) -> Result<ContainerState, RuntimeError> {
        let options = Some(InspectContainerOptions { size: false });
        let asked = engine.docker().inspect_container(&self.container, options);
        let answer = engine
            .wait(within(limit, asked))
            .map_err(|e| failed(&format!("asking for container {}", self.name()), &e))?;
        answer
            .state
            .ok_or_else(|| RuntimeError::new(format!("container {} has no state", self.name())))
    }

    /// Starts it, unless it lives, and records its process. If it ends at once it is dead, which is
    /// not an error here.
    pub(super) fn start(&self, engine: &Engine) -> Result<(), RuntimeError> {
        self.known.start(|| {
            if let Some(live) = self.wait_for_end(engine)? {
                return Ok(Liveness::Alive(live));
            }
            let asked = engine.docker().start_container(&self.container, None);
            engine
                .wait(within(STARTED_WITHIN, asked))
                .map_err(|e| failed(&format!("starting container {}", self.name()), &e))?;
            let inspected = self.inspect(engine, ANSWER_WITHIN)?;
            Ok(life_of(&inspected, &self.container))
        })
    }

    /// Waits until the daemon knows that the process is gone: it would not start a container that
    /// it believes to be running. Returns the process if somebody has started it again.
    fn wait_for_end(&self, engine: &Engine) -> Result<Option<Live>, RuntimeError> {
        let begun = Instant::now();
        loop {
            let inspected = self.inspect(engine, ANSWER_WITHIN)?;
            if inspected.running != Some(true) {
                return Ok(None);
            }
            match life_of(&inspected, &self.container) {
                Liveness::Alive(live) => return Ok(Some(live)),
                Liveness::Unknown => return Err(self.cannot_be_seen()),
                Liveness::Dead => {}
            }
            if begun.elapsed() > END_SEEN_WITHIN {
                let what = format!("Docker does not notice that {} has ended", self.name());
                return Err(RuntimeError::new(what));
            }
            std::thread::sleep(END_POLL);
        }
    }

    /// Waits until the daemon knows that the container's process has ended, and returns the state.
    pub(super) fn ended(&self, engine: &Engine) -> Result<ContainerState, RuntimeError> {
        let begun = Instant::now();
        loop {
            let inspected = self.inspect(engine, ANSWER_WITHIN)?;
            if inspected.running != Some(true) || begun.elapsed() > GLANCE_WITHIN {
                return Ok(inspected);
            }
            std::thread::sleep(END_POLL);
        }
    }

    /// The single request of a start, for many at once; see [`NodeContainer::found`].
    pub(super) async fn ask_to_start(&self, engine: &Engine) -> Result<(), RuntimeError> {
        let asked = engine.docker().start_container(&self.container, None);
        let started = within(STARTED_WITHIN, asked).await;
        started.map_err(|e| failed(&format!("starting container {}", self.name()), &e))
    }

    /// Looks for the process of a container that was just started. Fails if the process that the
    /// daemon names is not on this machine.
    pub(super) fn found(&self, engine: &Engine) -> Result<(), RuntimeError> {
        let inspected = self.inspect(engine, ANSWER_WITHIN)?;
        let pid = pid_of(&inspected);
        let life = life_of(&inspected, &self.container);
        if let (Some(pid), Liveness::Dead | Liveness::Unknown) = (pid, &life)
            && self.inspect(engine, ANSWER_WITHIN)?.running == Some(true)
        {
            let what = format!("process {pid} of container {} is not on this machine", self.name());
            return Err(match life {
                Liveness::Unknown => self.cannot_be_seen(),
                _ => RuntimeError::new(what).advise(NOT_HERE),
            });
        }
        self.known.found(life);
        Ok(())
    }

    /// It runs, and /proc does not show its process.
    fn cannot_be_seen(&self) -> RuntimeError {
        RuntimeError::new(format!(
            "the process of container {} cannot be seen in /proc",
            self.name()
        ))
    }
}

/// Advice for a daemon whose containers are elsewhere.
pub(super) const NOT_HERE: &str = "faults need the containers' processes and addresses on this \
    machine: Docker Desktop, rootless and remote daemons cannot be used, nor can chaos in a \
    container of its own; use --runtime local, or a Docker Engine on this machine";

/// Whether a request failed because the container does not run, or does not exist.
pub(super) fn is_gone(error: &Error) -> bool {
    matches!(status(error), Some(404 | 409 | 500))
        && match error {
            Error::DockerResponseServerError { message, .. } => {
                message.contains("is not running") || message.contains("No such container")
            }
            _ => false,
        }
}

fn pid_of(inspected: &ContainerState) -> Option<i32> {
    let pid = inspected.pid.and_then(|pid| i32::try_from(pid).ok());
    pid.filter(|pid| *pid > 0 && inspected.running == Some(true))
}

/// The process that the daemon names, if it is this container's own and on this machine.
fn life_of(inspected: &ContainerState, container: &str) -> Liveness<Live> {
    let Some(pid) = pid_of(inspected) else { return Liveness::Dead };
    let process = match Process::look_for(pid) {
        Liveness::Alive(process) if is_in_container(pid, container) => process,
        Liveness::Alive(_) | Liveness::Dead => return Liveness::Dead,
        Liveness::Unknown => return Liveness::Unknown,
    };
    let netns = File::open(format!("/proc/{pid}/ns/net")).ok().map(Arc::new);
    // It was opened by id, so it is this process's only if that still lives.
    process.look().map(|_| Live { process, netns })
}

/// Its control group is named after the container's id; where a namespace hides that, the files
/// that Docker mounts over `/etc/hosts` and others come from a folder of that name.
pub(super) fn is_in_container(pid: i32, container: &str) -> bool {
    let names = |file| {
        fs::read_to_string(format!("/proc/{pid}/{file}")).is_ok_and(|text| text.contains(container))
    };
    names("cgroup") || names("mountinfo")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(pid: i64, running: bool) -> ContainerState {
        ContainerState { pid: Some(pid), running: Some(running), ..ContainerState::default() }
    }

    #[test]
    fn a_container_that_does_not_run_has_no_process() {
        assert_eq!(pid_of(&state(7, true)), Some(7));
        assert_eq!(pid_of(&state(0, true)), None);
        assert_eq!(pid_of(&state(7, false)), None);
    }

    #[test]
    fn a_process_of_this_machine_with_the_same_number_is_not_taken_for_the_containers() {
        let own = i64::from(std::process::id());
        assert!(matches!(life_of(&state(own, true), &"ab12".repeat(16)), Liveness::Dead));
    }

    #[test]
    fn only_a_container_that_does_not_run_is_gone() {
        let refused = |status_code, message: &str| Error::DockerResponseServerError {
            status_code,
            message: message.to_owned(),
        };
        assert!(is_gone(&refused(409, "Container ab is not running")));
        assert!(is_gone(&refused(404, "No such container: ab")));
        assert!(!is_gone(&refused(409, "Container ab is paused")));
        assert!(!is_gone(&Error::RequestTimeoutError));
    }
}
