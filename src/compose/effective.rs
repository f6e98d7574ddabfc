//! The effective compose file as text, so that anybody can start the same cluster by hand.

use super::cluster::KafkaCluster;
use super::types::{Compose, Mount, Service};
use serde_yaml::{Mapping, Value};

impl Compose {
    /// The file as it was understood: variables replaced, ignored keys left out.
    pub fn to_yaml(&self) -> Result<String, serde_yaml::Error> {
        text(self.services.iter(), &self.networks, &self.volumes)
    }
}

impl KafkaCluster {
    /// The nodes as they are started now.
    pub fn to_yaml(&self) -> Result<String, serde_yaml::Error> {
        let services = self.nodes.iter().map(|node| &node.service);
        text(services, &self.networks, &self.volumes)
    }
}

fn text<'s>(
    services: impl Iterator<Item = &'s Service>,
    networks: &[String],
    volumes: &[String],
) -> Result<String, serde_yaml::Error> {
    let mut top = Mapping::new();
    let mut all = Mapping::new();
    for one in services {
        all.insert(Value::String(one.name.clone()), Value::Mapping(service(one)));
    }
    top.insert("services".into(), Value::Mapping(all));
    for (key, names) in [("networks", networks), ("volumes", volumes)] {
        if !names.is_empty() {
            let empty =
                |name: &String| (Value::String(name.clone()), Value::Mapping(Mapping::new()));
            top.insert(key.into(), Value::Mapping(names.iter().map(empty).collect()));
        }
    }
    serde_yaml::to_string(&top)
}

fn service(service: &Service) -> Mapping {
    let mut map = Mapping::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            map.insert(key.into(), value);
        }
    };
    let list = |items: Vec<String>| {
        (!items.is_empty()).then(|| Value::Sequence(items.iter().map(|i| scalar(i)).collect()))
    };
    let words = |words: &Option<Vec<String>>| {
        words.as_ref().map(|words| Value::Sequence(words.iter().map(|w| scalar(w)).collect()))
    };
    put("image", Some(scalar(&service.image)));
    put("hostname", service.hostname.as_deref().map(scalar));
    put("user", service.user.as_deref().map(scalar));
    put("entrypoint", words(&service.entrypoint));
    put("command", words(&service.command));
    let port = |p: &super::Published| format!("127.0.0.1:{}:{}", p.host, p.container);
    put("ports", list(service.ports.iter().map(port).collect()));
    let pair = |(name, value): (&String, &String)| format!("{name}={value}");
    put("environment", list(service.environment.iter().map(pair).collect()));
    let networks = service.networks.iter().map(|(name, aliases)| {
        let mut options = Mapping::new();
        if let Some(aliases) = list(aliases.clone()) {
            options.insert("aliases".into(), aliases);
        }
        (Value::String(name.clone()), Value::Mapping(options))
    });
    put("networks", Some(Value::Mapping(networks.collect())));
    put("volumes", list(service.mounts.iter().map(mount).collect()));
    put("tmpfs", list(service.tmpfs.clone()));
    put("mem_limit", service.memory_bytes.map(|bytes| Value::String(format!("{bytes}b"))));
    put("labels", list(service.labels.iter().map(pair).collect()));
    put("extra_hosts", list(service.extra_hosts.clone()));
    map
}

fn mount(mount: &Mount) -> String {
    let (source, target, read_only) = match mount {
        Mount::Volume { name, target, read_only } => (name.clone(), target, *read_only),
        Mount::Bind { source, target, read_only } => {
            (source.display().to_string(), target, *read_only)
        }
    };
    let mode = if read_only { ":ro" } else { "" };
    format!("{source}:{target}{mode}")
}

/// A scalar that Compose reads as exactly this text. Dollars are doubled. Text that older YAML
/// parsers take for a number, a time or a boolean is prefixed with an empty variable: Compose
/// replaces variables after parsing, and the result stays text.
fn scalar(text: &str) -> Value {
    let is_address = text.splitn(4, '.').count() == 4;
    let begins = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    let other = |c: char| !c.is_ascii_digit() && !"+-.:_ TtZz".contains(c);
    let word = text.to_ascii_lowercase();
    let is_word = matches!(word.as_str(), "y" | "n" | "yes" | "no" | "on" | "off" | "=" | "<<");
    let is_odd = is_word || (begins && !is_address && !text.contains(other));
    let before = if is_odd { "${AS_TEXT-}" } else { "" };
    Value::String(format!("{before}{}", text.replace('$', "$$")))
}
