//! [`Helper`]: a container in a node's network namespace, with the one capability that packet
//! filters need. It drops packets on request, and ends with the process that started it.

use super::engine::{Engine, reason};
use super::helper_program::Program;
use crate::netfilter::remote::{Answer, Request};
use crate::netfilter::{DropRule, Dropped, Filter};
use crate::runtime::RuntimeError;
use bollard::container::LogOutput;
use bollard::models::{
    ContainerCreateBody, HostConfig, HostConfigLogConfig, RestartPolicy, RestartPolicyNameEnum,
};
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, CreateContainerOptionsBuilder, InspectContainerOptions,
    RemoveContainerOptionsBuilder, StartContainerOptions,
};
use futures_util::{Stream, StreamExt};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// A container takes 0.3 to 2 s to start, more on a busy machine.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// An answer takes a millisecond.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How much of a helper's error output is quoted.
const QUOTED_BYTES_MAX: usize = 500;

/// How to make helper containers.
#[derive(Clone, Debug)]
pub struct HelperSpec {
    /// The prefix of their names.
    pub prefix: String,
    /// Their labels; `chaos.service=helper` is added.
    pub labels: HashMap<String, String>,
    /// They end after this time whatever happens: some minutes more than the longest fault.
    pub ttl: Duration,
    /// The program that they run: `chaos`, linked like the caller; `None`: the caller itself.
    pub program: Option<PathBuf>,
}

/// A node's container, whose packets are to be dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub node: i32,
    /// The node's name, for reports.
    pub name: String,
    pub container: String,
    /// The container's first process, according to the daemon.
    pub pid: i32,
}

/// A running helper container. Dropping it removes it.
pub(super) struct Helper {
    engine: Arc<Engine>,
    container: String,
    node: String,
    conversation: Mutex<Conversation>,
}

/// The helper's standard input and output.
struct Conversation {
    input: Pin<Box<dyn AsyncWrite + Send>>,
    output: Pin<Box<dyn Stream<Item = Result<LogOutput, bollard::errors::Error>> + Send>>,
    /// An incomplete line.
    begun: Vec<u8>,
    /// The helper's error output.
    complaints: Vec<u8>,
    /// An answer was late: it would be taken for the next one.
    is_lost: bool,
}

impl Helper {
    /// Starts a helper beside this container and waits until it is ready. Leaves nothing if it
    /// fails.
    pub(super) fn start(
        engine: &Arc<Engine>,
        place: &Place,
        spec: &HelperSpec,
        program: &Program,
    ) -> Result<Helper, RuntimeError> {
        let what = format!("a helper container for {}", place.name);
        let inspected = engine.ask(
            &format!("looking at {}", place.name),
            engine.docker().inspect_container(&place.container, None::<InspectContainerOptions>),
        )?;
        if !inspected.state.and_then(|s| s.running).unwrap_or(false) {
            return Err(RuntimeError::new(format!("{} is not running", place.name)));
        }
        let mode = inspected.host_config.and_then(|h| h.network_mode).unwrap_or_default();
        if mode == "host" {
            return Err(shares_the_hosts_network(&place.name));
        }
        let image = inspected.image.unwrap_or_default();
        let name = format!("{}-helper-{}-{:08x}", spec.prefix, place.name, fastrand::u32(..));
        let options = CreateContainerOptionsBuilder::new().name(&name).build();
        let body = body(place, spec, program, image);
        let created = engine.ask(
            &format!("making {what}"),
            engine.docker().create_container(Some(options), body),
        )?;
        let begun = engine.wait(begin(engine, &created.id));
        // From here on dropping it removes the container.
        let conversation = match begun {
            Ok(conversation) => conversation,
            Err(error) => {
                remove(engine, &created.id);
                return Err(RuntimeError::new(format!("starting {what}: {error}")));
            }
        };
        let (engine, node) = (Arc::clone(engine), place.name.clone());
        let conversation = Mutex::new(conversation);
        let helper = Helper { engine, container: created.id, node, conversation };
        match helper.with(READY_WITHIN, None) {
            Ok(Answer::Ready) => Ok(helper),
            Ok(other) => Err(RuntimeError::new(format!("starting {what}: it said {other:?}"))),
            Err(e) => Err(RuntimeError::io(format!("starting {what}"), e)),
        }
    }

    fn ask(&self, request: &Request) -> io::Result<Vec<Dropped>> {
        self.with(ANSWER_WITHIN, Some(request))?.into_counts()
    }

    /// Sends a request, if any, and waits for the next answer.
    fn with(&self, limit: Duration, request: Option<&Request>) -> io::Result<Answer> {
        let mut conversation = self.conversation.lock();
        let answer = self
            .engine
            .wait(async { tokio::time::timeout(limit, conversation.exchange(request)).await });
        let answer = answer.unwrap_or_else(|_| {
            conversation.is_lost = true;
            let what = format!("no answer within {} s", limit.as_secs());
            Err(io::Error::new(io::ErrorKind::TimedOut, what))
        });
        answer.map_err(|e| {
            let what = format!("the helper container for {}: {e}", self.node);
            io::Error::new(e.kind(), what)
        })
    }
}

impl Conversation {
    async fn exchange(&mut self, request: Option<&Request>) -> io::Result<Answer> {
        if self.is_lost {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "an answer did not come in time"));
        }
        if let Some(request) = request {
            let mut line = serde_json::to_vec(request)?;
            line.push(b'\n');
            // If it has ended, the answer says so, with the reason.
            drop(self.input.write_all(&line).await.and(self.input.flush().await));
        }
        let line = self.line().await?;
        Ok(serde_json::from_slice(&line)?)
    }

    /// Its next line.
    async fn line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = self.begun.iter().position(|byte| *byte == b'\n') {
                return Ok(self.begun.drain(..=end).collect());
            }
            match self.output.next().await {
                Some(Ok(LogOutput::StdErr { message })) => {
                    self.complaints.extend_from_slice(&message);
                    self.complaints.truncate(QUOTED_BYTES_MAX);
                }
                Some(Ok(output)) => self.begun.extend_from_slice(&output.into_bytes()),
                Some(Err(e)) => return Err(io::Error::other(reason(&e))),
                None => {
                    let said = String::from_utf8_lossy(&self.complaints).trim().to_owned();
                    let said = if said.is_empty() { "it said nothing".to_owned() } else { said };
                    let what = format!("it has ended: {said}");
                    return Err(io::Error::new(io::ErrorKind::BrokenPipe, what));
                }
            }
        }
    }
}

impl Filter for Helper {
    fn name(&self) -> &str {
        &self.node
    }

    fn means(&self) -> &str {
        "nftables by a helper container"
    }

    fn install(&self, table: &str, rules: &[DropRule]) -> io::Result<()> {
        let (table, rules) = (table.to_owned(), rules.to_vec());
        self.ask(&Request::Install { table, rules }).map(drop)
    }

    fn dropped(&self, table: &str) -> io::Result<Vec<Dropped>> {
        self.ask(&Request::Dropped { table: table.to_owned() })
    }

    fn remove(&self, table: &str) -> io::Result<()> {
        self.ask(&Request::Remove { table: table.to_owned() }).map(drop)
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        // The end of its input lets it remove its rules itself, in case the kernel would not.
        let mut conversation = self.conversation.lock();
        self.engine.wait(async {
            let ending = async {
                drop(conversation.input.shutdown().await);
                while conversation.output.next().await.is_some() {}
            };
            drop(tokio::time::timeout(ANSWER_WITHIN, ending).await);
        });
        remove(&self.engine, &self.container);
    }
}

/// In the host's network a helper would drop the host's own packets.
pub(super) fn shares_the_hosts_network(name: &str) -> RuntimeError {
    RuntimeError::new(format!("{name} shares the host's network: it cannot be cut off alone"))
        .advise("give it a network of its own in the compose file")
}

/// Attaches to the container, so that nothing is missed, and starts it.
async fn begin(engine: &Engine, container: &str) -> Result<Conversation, String> {
    let options = AttachContainerOptionsBuilder::new()
        .stdin(true)
        .stdout(true)
        .stderr(true)
        .stream(true)
        .logs(false)
        .build();
    let docker = engine.docker();
    let attached =
        docker.attach_container(container, Some(options)).await.map_err(|e| reason(&e))?;
    docker
        .start_container(container, None::<StartContainerOptions>)
        .await
        .map_err(|e| reason(&e))?;
    let (input, output) = (attached.input, attached.output);
    Ok(Conversation { input, output, begun: Vec::new(), complaints: Vec::new(), is_lost: false })
}

/// It may have removed itself already.
fn remove(engine: &Engine, container: &str) {
    let options = RemoveContainerOptionsBuilder::new().force(true).v(true).link(false).build();
    drop(engine.wait(engine.docker().remove_container(container, Some(options))));
}

fn body(place: &Place, spec: &HelperSpec, program: &Program, image: String) -> ContainerCreateBody {
    let mut entrypoint = program.command();
    entrypoint.extend(["filter", "--ttl-s"].map(str::to_owned));
    entrypoint.push(spec.ttl.as_secs().to_string());
    // It is not a service of the compose project.
    let labels = spec.labels.iter().filter(|(name, _)| !name.starts_with("com.docker.compose."));
    let mut labels: HashMap<String, String> =
        labels.map(|(name, value)| (name.clone(), value.clone())).collect();
    labels.insert("chaos.service".to_owned(), "helper".to_owned());
    ContainerCreateBody {
        image: Some(image),
        entrypoint: Some(entrypoint),
        cmd: Some(Vec::new()),
        user: Some("0:0".to_owned()),
        working_dir: Some("/".to_owned()),
        labels: Some(labels),
        tty: Some(false),
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        open_stdin: Some(true),
        // When the process that started it is gone, its input closes and it ends.
        stdin_once: Some(true),
        host_config: Some(HostConfig {
            network_mode: Some(format!("container:{}", place.container)),
            mounts: Some(program.mounts()),
            cap_drop: Some(vec!["ALL".to_owned()]),
            cap_add: Some(vec!["NET_ADMIN".to_owned()]),
            privileged: Some(false),
            readonly_rootfs: Some(true),
            auto_remove: Some(true),
            restart_policy: Some(RestartPolicy {
                name: Some(RestartPolicyNameEnum::NO),
                maximum_retry_count: None,
            }),
            log_config: Some(HostConfigLogConfig {
                typ: Some("none".to_owned()),
                config: Some(HashMap::new()),
            }),
            security_opt: Some(["no-new-privileges", "label=disable"].map(str::to_owned).to_vec()),
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    }
}
