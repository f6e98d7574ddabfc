//! What the tests on containers share: an image, their own ports, and a look at the daemon by its
//! own client, which knows nothing of chaos.

use crate::harness::Place;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports that the kernel gives to clients, above those of common servers.
const FIRST_PORT: u16 = 22_000;
const PORTS_EACH: u16 = 10;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// Ports of 127.0.0.1 for one cluster.
pub struct Ports(u16);

impl Ports {
    pub fn take() -> Ports {
        Ports(FIRST_PORT + PORTS_EACH * NEXT.fetch_add(1, Ordering::Relaxed))
    }

    pub fn base(&self) -> u16 {
        self.0
    }
}

/// The place with containers instead of namespaces, on its own ports.
pub fn on_docker(place: Place, ports: &Ports) -> Place {
    let base = ports.base().to_string();
    let runtime = ["--runtime", "docker", "--pull", "never", "--port-base", &base];
    place.on(&runtime).with("KAFKA_IMAGE", docker::image())
}

/// A small scenario with fast clocks; `more` says what happens in it, or how long it lasts.
pub fn small_scenario(name: &str, more: &str) -> String {
    format!(
        "name: {name}\n\
         cluster: {{timing: fast}}\n\
         topic: {{partitions: 1, replication.factor: 3, min.insync.replicas: 2}}\n\
         producer: {{acks: all, rate: 200}}\n\
         {more}\n\
         expect: {{lost: 0}}\n"
    )
}

pub mod docker {
    use crate::harness::Place;
    use std::process::Command;

    /// Built by `script/test` before.
    pub fn image() -> &'static str {
        "chaos-kafka:3.8.1"
    }

    /// What `docker` prints; it must succeed.
    pub fn say(arguments: &[&str]) -> String {
        let output = Command::new("docker").args(arguments).output().unwrap_or_else(|e| {
            panic!("docker cannot be run ({e}): start a daemon, or run ./script/test, which does")
        });
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "docker {arguments:?}: {error}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Containers, networks and volumes of runs whose folder is in the place.
    pub fn objects_of(place: &Place) -> Vec<String> {
        let label = r#"{{.Label "chaos.folder"}}"#;
        let managed = "label=chaos.managed=1";
        let mut objects = Vec::new();
        for (kind, list) in [
            ("container", vec!["ps", "-a", "--filter", managed, "--format"]),
            ("network", vec!["network", "ls", "--filter", managed, "--format"]),
            ("volume", vec!["volume", "ls", "--filter", managed, "--format"]),
        ] {
            let name = if kind == "container" { "{{.Names}}" } else { "{{.Name}}" };
            let format = format!("{label} {kind} {name}");
            let said = say(&[&list[..], &[format.as_str()]].concat());
            let own = place.path().display().to_string();
            objects.extend(said.lines().filter(|l| l.starts_with(&own)).map(str::to_owned));
        }
        objects
    }

    pub fn expect_nothing_of(place: &Place) {
        assert_eq!(objects_of(place), Vec::<String>::new());
    }
}
