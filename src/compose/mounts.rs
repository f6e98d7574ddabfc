//! `volumes` of a service, in the short and long form, and `tmpfs`.

use super::read::Composing;
use super::types::{Mount, Service};
use super::words;
use crate::yaml::{At, Kind, Node, Place};
use std::path::{Component, Path, PathBuf};

const HELP: &str = "write `- NAME:/PATH`, or `- ./FOLDER:/PATH:ro` for a folder of the host";

/// The long form.
#[derive(Default)]
struct Long {
    kind: Option<At<String>>,
    source: Option<At<String>>,
    target: Option<At<String>>,
    read_only: bool,
}

impl Composing<'_> {
    pub(super) fn mounts(&mut self, node: &Node, service: &mut Service) {
        let items = match &node.kind {
            Kind::Null => return,
            Kind::List(items) => items,
            Kind::Map(_) | Kind::Scalar(_) => {
                let message = format!("`volumes` must be a list, not {}", node.noun());
                self.reader.report(node.place, message, HELP);
                return;
            }
        };
        for item in items {
            let mount = match &item.kind {
                Kind::Map(_) => self.long_mount(item, service),
                _ => self.reader.scalar(item, "volumes").and_then(|text| self.short_mount(&text)),
            };
            service.mounts.extend(mount);
        }
    }

    fn short_mount(&mut self, text: &At<String>) -> Option<Mount> {
        let parts: Vec<&str> = text.value.split(':').collect();
        let (source, target, options) = match parts.as_slice() {
            [_] => {
                let message = format!("`{}` is a volume without a name", text.value);
                self.reader.report(text.place, message, HELP);
                return None;
            }
            [source, target] => (*source, *target, ""),
            [source, target, options] => (*source, *target, *options),
            _ => {
                let message = format!("`{}` has too many `:`", text.value);
                self.reader.report(text.place, message, HELP);
                return None;
            }
        };
        let mut read_only = false;
        for option in options.split(',').filter(|option| !option.is_empty()) {
            match option {
                "ro" => read_only = true,
                // These say who else may use it, or how soon writes are visible: here only one node
                // uses it.
                "rw" | "z" | "Z" | "cached" | "delegated" | "consistent" => {}
                _ => {
                    let message = format!("a volume cannot be `{option}`");
                    self.reader.report(text.place, message, "only `ro` and `rw` are known here");
                    return None;
                }
            }
        }
        let is_path = source.starts_with(['.', '/', '~']);
        self.mount(source, target, read_only, is_path, text.place)
    }

    fn long_mount(&mut self, node: &Node, service: &mut Service) -> Option<Mount> {
        let long = self.read_long(node)?;
        let Some(target) = long.target else {
            self.reader.report(node.place, "this volume has no `target`", "write `target: /PATH`");
            return None;
        };
        let kind = match &long.kind {
            None => "volume",
            Some(kind) => kind.value.as_str(),
        };
        match (kind, &long.source) {
            ("tmpfs", _) => {
                service.tmpfs.extend(self.target(&target.value, target.place));
                None
            }
            ("volume" | "bind", Some(source)) => {
                let is_bind = kind == "bind";
                self.mount(&source.value, &target.value, long.read_only, is_bind, source.place)
            }
            ("volume" | "bind", None) => {
                let help = "write `source: NAME`, or `type: bind` and `source: ./FOLDER`";
                self.reader.report(node.place, "this volume has no `source`", help);
                None
            }
            (other, _) => {
                let place = long.kind.as_ref().map_or(node.place, |kind| kind.place);
                let message = format!("a volume cannot be of `type: {other}`");
                let help = "the types `volume`, `bind` and `tmpfs` are known here";
                self.reader.report(place, message, help);
                None
            }
        }
    }

    fn read_long(&mut self, node: &Node) -> Option<Long> {
        const KNOWN: &[&str] =
            &["bind", "consistency", "read_only", "source", "target", "tmpfs", "type", "volume"];
        let mut long = Long::default();
        let mut sound = true;
        for entry in self.reader.map(node, "volumes", HELP) {
            let value = &entry.value;
            match entry.key.value.as_str() {
                "type" => long.kind = self.reader.scalar(value, "type"),
                "source" | "src" => long.source = self.reader.scalar(value, "source"),
                "target" | "dst" | "destination" => {
                    long.target = self.reader.scalar(value, "target");
                }
                "read_only" => long.read_only = self.boolean(value, "read_only").unwrap_or(false),
                "consistency" => {}
                "bind" | "tmpfs" | "volume" => {
                    let options = self.reader.map(value, &entry.key.value, "").iter();
                    // Compose would create the folder without it, and so does Docker.
                    let extra = options.filter(|o| o.key.value != "create_host_path");
                    for option in extra {
                        let message = format!("`{}` is not supported here", option.key.value);
                        self.reader.report(option.key.place, message, "remove it");
                        sound = false;
                    }
                }
                key if key.starts_with("x-") => {}
                _ => {
                    self.reader.unknown_key(&entry.key, "a volume", KNOWN);
                    sound = false;
                }
            }
        }
        sound.then_some(long)
    }

    fn mount(
        &mut self,
        source: &str,
        target: &str,
        read_only: bool,
        is_bind: bool,
        place: Place,
    ) -> Option<Mount> {
        let target = self.target(target, place)?;
        if is_bind {
            let source = self.host_path(source, place)?;
            return Some(Mount::Bind { source, target, read_only });
        }
        if !words::is_name(source) {
            let message = format!("`{source}` is not a valid volume name");
            let help = "use letters, digits, `-`, `_` and `.`; a folder begins with `./` or `/`";
            self.reader.report(place, message, help);
            return None;
        }
        self.used_volumes.entry(source.to_owned()).or_insert(place);
        Some(Mount::Volume { name: source.to_owned(), target, read_only })
    }

    /// An absolute path on the host, without `.` and `..`.
    fn host_path(&mut self, source: &str, place: Place) -> Option<PathBuf> {
        let path = match source.strip_prefix('~') {
            None => self.folder.join(source),
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                match (self.variables)("HOME") {
                    Some(home) => Path::new(&home).join(rest.trim_start_matches('/')),
                    None => {
                        let help = "write the whole path";
                        self.reader.report(place, format!("`{source}`: `HOME` is not set"), help);
                        return None;
                    }
                }
            }
            Some(_) => {
                let message = format!("`{source}` is another user's folder");
                self.reader.report(place, message, "write the whole path");
                return None;
            }
        };
        match std::path::absolute(&path) {
            Ok(path) => Some(normalised(&path)),
            Err(error) => {
                let message = format!("`{source}` is not a path on this host: {error}");
                self.reader.report(place, message, HELP);
                None
            }
        }
    }

    fn target(&mut self, target: &str, place: Place) -> Option<String> {
        if target.starts_with('/') && target.len() > 1 && !target.contains([':', '\0']) {
            return Some(target.to_owned());
        }
        let message = format!("`{target}` is not a folder in a container");
        self.reader.report(place, message, "write its whole path, beginning with `/`");
        None
    }

    pub(super) fn tmpfs(&mut self, node: &Node) -> Vec<String> {
        let texts = self.reader.scalars(node, "tmpfs");
        texts.iter().filter_map(|text| self.target(&text.value, text.place)).collect()
    }
}

fn normalised(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                result.pop();
            }
            other => result.push(other),
        }
    }
    result
}
