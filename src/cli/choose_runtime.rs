//! Which runtime a command uses, and why.

use crate::distribution::KNOWN_VERSIONS;
use crate::model::RuntimeKind;
use crate::plan::Plan;
use crate::result::Invocation;
use crate::runner;
use crate::runtime::docker::{DockerOptions, DockerProvider, KAFKA_IMAGE, Obtainable, Pull};
use crate::runtime::local::{Host, HostOptions, LocalProvider, NodeOptions};
use crate::runtime::{Provider, RuntimeError};
use std::path::PathBuf;
use std::process::Command;

/// What the command line says of the nodes.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Options {
    /// Local: use this unpacked Kafka instead of the scenario's version
    #[arg(long, value_name = "DIR", env = "KAFKA_HOME")]
    kafka_home: Option<PathBuf>,
    /// Heap of each Kafka process, MiB
    #[arg(long, value_name = "MIB", default_value_t = 256, value_parser = clap::value_parser!(u32).range(64..=65_536))]
    heap_mib: u32,
    /// Docker: use this image instead of the compose file's
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    /// Docker: whether a missing image may be pulled
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = PullChoice::Missing)]
    pull: PullChoice,
    /// Docker: publish on 127.0.0.1 from this port on
    #[arg(long, value_name = "PORT")]
    port_base: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum PullChoice {
    /// When it is missing.
    Missing,
    /// Never.
    Never,
}

/// Which runtime a command takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum RuntimeChoice {
    /// Docker when a daemon answers and the image is available, else local.
    #[default]
    Auto,
    /// Processes in their own namespaces; no root, no Docker.
    Local,
    /// Containers of a compose file.
    Docker,
}

impl RuntimeChoice {
    /// The available versions of Kafka; `None`: whatever the runtime finds. Only the local one
    /// fetches Kafka, and reports an unknown version itself if it is chosen automatically.
    pub(super) fn versions(self, kafka_home: Option<&PathBuf>) -> Option<&'static [&'static str]> {
        let fetches = self == RuntimeChoice::Local && kafka_home.is_none();
        fetches.then_some(KNOWN_VERSIONS)
    }
}

impl Options {
    /// The versions of Kafka available with this runtime.
    pub(super) fn versions(&self, runtime: RuntimeChoice) -> Option<&'static [&'static str]> {
        runtime.versions(self.kafka_home.as_ref())
    }

    /// The local runtime; this process enters its namespaces, and must have no threads yet.
    pub(super) fn local(&self, why: &str) -> Result<Box<dyn Provider>, RuntimeError> {
        let options = NodeOptions { kafka_home: self.kafka_home.clone(), heap_mib: self.heap_mib };
        let host = Host::enter(&HostOptions::from_env())?;
        let (why, serve) = (why.to_owned(), runner::serve_a_topic);
        Ok(Box::new(LocalProvider { host, options, why, serve }))
    }

    /// The Docker runtime, if its daemon answers.
    pub(super) fn docker(&self, why: &str) -> Result<Box<dyn Provider>, RuntimeError> {
        Ok(Box::new(DockerProvider::connect(self.docker_options(), why)?))
    }

    fn docker_options(&self) -> DockerOptions {
        DockerOptions {
            image: self.image.clone(),
            pull: match self.pull {
                PullChoice::Missing => Pull::Missing,
                PullChoice::Never => Pull::Never,
            },
            port_base: self.port_base,
            heap_mib: self.heap_mib,
        }
    }

    /// Passes these options on to a child.
    pub(super) fn pass_on(&self, command: &mut Command) {
        if let Some(home) = &self.kafka_home {
            command.arg("--kafka-home").arg(home);
        }
        command.arg("--heap-mib").arg(self.heap_mib.to_string());
        if let Some(image) = &self.image {
            command.arg("--image").arg(image);
        }
        if self.pull == PullChoice::Never {
            command.args(["--pull", "never"]);
        }
        if let Some(port) = self.port_base {
            command.arg("--port-base").arg(port.to_string());
        }
    }

    /// Keeps the options that decide what this runtime does, to repeat the run.
    pub(super) fn keep(&self, kept: &mut Invocation) {
        kept.heap_mib = self.heap_mib;
        if kept.runtime == RuntimeKind::Local {
            kept.kafka_home = self.kafka_home.as_ref().map(|home| home.display().to_string());
            return;
        }
        kept.image.clone_from(&self.image);
        kept.pull_never = self.pull == PullChoice::Never;
        kept.port_base = self.port_base;
        if let (None, Ok(image)) = (&self.image, std::env::var(KAFKA_IMAGE)) {
            kept.environment.insert(KAFKA_IMAGE.to_owned(), image);
        }
    }

    /// The runtime for these plans. An explicit choice never falls back. Starts no thread.
    pub(super) fn choose(
        &self,
        choice: RuntimeChoice,
        plans: &[Plan],
    ) -> Result<Box<dyn Provider>, RuntimeError> {
        match choice {
            RuntimeChoice::Local => self.local("as asked"),
            RuntimeChoice::Docker => self.docker("as asked"),
            RuntimeChoice::Auto => self.automatic(plans),
        }
    }

    fn automatic(&self, plans: &[Plan]) -> Result<Box<dyn Provider>, RuntimeError> {
        let needed = plans.iter().find_map(|p| Some((p, p.needs_docker()?)));
        if let (Some(home), None) = (&self.kafka_home, needed) {
            return self.local(&format!("auto: {} is for this runtime", home.display()));
        }
        let docker = match DockerProvider::connect(self.docker_options(), "auto") {
            Ok(docker) => docker,
            Err(error) if needed.is_some() => return Err(error),
            Err(error) => return self.local(&format!("auto: {}", first_line(&error.what))),
        };
        if let (Some(refused), None) = (plans.iter().find_map(|p| docker.accepts(p).err()), needed)
        {
            return self.local(&format!("auto: {}", first_line(&refused.what)));
        }
        for plan in plans {
            let Obtainable::No(words) = docker.obtainable(&plan.cluster)? else { continue };
            return match needed {
                Some((plan, what)) => {
                    Err(RuntimeError::new(format!("{}: {what}; but {words}", plan.source))
                        .advise("`chaos image build` makes an image without a registry"))
                }
                None => self.local(&format!("auto: a daemon answers, but {words}")),
            };
        }
        Ok(Box::new(docker.because("auto: its daemon answers, and the image is available")))
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
