//! Tries the host's ports before anything is created, and names the holder of a taken one.

use super::engine::{Engine, failed, within};
use super::labels::{FOLDER, Fate, MANAGED, Owner, PROJECT};
use super::port_owner;
use crate::runtime::RuntimeError;
use bollard::models::ContainerSummary;
use bollard::query_parameters::ListContainersOptions;
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

const LIST_WITHIN: Duration = Duration::from_secs(20);

/// Checks that these ports are free on 127.0.0.1; each comes with its service. The error names all
/// taken ports with their holders.
pub(super) fn check(engine: &Engine, ports: &BTreeMap<u16, String>) -> Result<(), RuntimeError> {
    // Without Docker's own proxy, a published port can still be bound, so both are checked.
    let running = running(engine)?;
    let mut taken = Vec::new();
    let mut left_behind = false;
    for (port, service) in ports {
        let container = running.iter().find(|c| publishes(c, *port));
        let holder = match (container, is_free(*port)?) {
            (Some(container), _) => {
                left_behind |= is_left_behind(container);
                Some(container_in_words(container))
            }
            (None, false) => Some(
                port_owner::of_port(*port)
                    .unwrap_or_else(|| "a process that this user cannot see".to_owned()),
            ),
            (None, true) => None,
        };
        if let Some(holder) = holder {
            taken.push(format!("port {port}, which {service} publishes, is held by {holder}"));
        }
    }
    if taken.is_empty() {
        return Ok(());
    }
    let other = "choose other ports with --port-base N, or stop the holder";
    let advice = if left_behind {
        format!("`chaos heal` removes what killed runs left behind; otherwise {other}")
    } else {
        other.to_owned()
    };
    Err(RuntimeError::new(format!("on 127.0.0.1, {}", taken.join("; "))).advise(advice))
}

fn running(engine: &Engine) -> Result<Vec<ContainerSummary>, RuntimeError> {
    let options = ListContainersOptions { all: false, ..ListContainersOptions::default() };
    engine
        .wait(within(LIST_WITHIN, engine.docker().list_containers(Some(options))))
        .map_err(|e| failed("listing containers", &e))
}

fn publishes(container: &ContainerSummary, port: u16) -> bool {
    let on_loopback = |ip: Option<&str>| matches!(ip, None | Some("0.0.0.0" | "127.0.0.1" | ""));
    let ports = container.ports.iter().flatten();
    ports.into_iter().any(|p| p.public_port == Some(port) && on_loopback(p.ip.as_deref()))
}

fn is_free(port: u16) -> Result<bool, RuntimeError> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::AddrInUse => Ok(false),
        // Ports below 1024: this user may not bind them, but the daemon may.
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => Ok(true),
        Err(e) => Err(RuntimeError::io(format!("trying port {port} of 127.0.0.1"), e)),
    }
}

fn is_ours(container: &ContainerSummary) -> bool {
    label(container, MANAGED) == Some("1")
}

/// Whether a dead run created it, if that can be determined.
fn is_left_behind(container: &ContainerSummary) -> bool {
    let owner = container.labels.as_ref().and_then(Owner::of);
    is_ours(container) && owner.is_some_and(|owner| matches!(owner.fate(), Ok(Fate::Dead)))
}

fn container_in_words(container: &ContainerSummary) -> String {
    let name = container.names.iter().flatten().next().map(|name| name.trim_start_matches('/'));
    let name = name.or(container.id.as_deref()).unwrap_or("without a name");
    let words = format!("container {name}");
    let owner = container.labels.as_ref().and_then(Owner::of);
    let folder = label(container, FOLDER).unwrap_or("an unknown folder");
    if is_left_behind(container) {
        return format!("{words}, left behind by the chaos run in {folder}");
    }
    if let (true, Some(owner)) = (is_ours(container), owner) {
        return format!("{words} of the chaos run in {folder} (process {})", owner.pid());
    }
    let project = label(container, "com.docker.compose.project")
        .or_else(|| label(container, PROJECT))
        .map(|project| format!(" of the compose project {project}"));
    words + project.as_deref().unwrap_or_default()
}

fn label<'a>(container: &'a ContainerSummary, name: &str) -> Option<&'a str> {
    container.labels.as_ref()?.get(name).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::super::labels::Belonging;
    use super::*;
    use bollard::models::PortSummary;
    use std::path::Path;

    fn container(labels: &[(&str, &str)]) -> ContainerSummary {
        let labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let port = PortSummary {
            ip: Some("0.0.0.0".to_owned()),
            private_port: 9094,
            public_port: Some(10_000),
            typ: None,
        };
        ContainerSummary {
            names: Some(vec!["/web".to_owned()]),
            ports: Some(vec![port]),
            labels: Some(labels),
            ..ContainerSummary::default()
        }
    }

    #[test]
    fn only_the_published_port_counts() {
        assert!(publishes(&container(&[]), 10_000));
        assert!(!publishes(&container(&[]), 9094));
    }

    #[test]
    fn a_container_is_named_with_its_project() {
        assert_eq!(container_in_words(&container(&[])), "container web");
        let project = [("com.docker.compose.project", "shop")];
        assert_eq!(
            container_in_words(&container(&project)),
            "container web of the compose project shop"
        );
    }

    #[test]
    fn a_chaos_run_is_named_by_its_folder_and_whether_it_lives() {
        let mut ours = container(&[]);
        let mut labels = Belonging::own("p", "r", Path::new("/out")).unwrap().labels();
        ours.labels = Some(labels.clone());
        let own =
            format!("container web of the chaos run in /out (process {})", std::process::id());
        assert_eq!(container_in_words(&ours), own);
        labels.insert("chaos.boot".to_owned(), "another".to_owned());
        ours.labels = Some(labels);
        assert!(is_left_behind(&ours));
        assert_eq!(
            container_in_words(&ours),
            "container web, left behind by the chaos run in /out"
        );
    }

    #[test]
    fn a_port_that_somebody_listens_on_is_not_free() {
        let held = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let port = held.local_addr().unwrap().port();
        assert!(!is_free(port).unwrap());
        drop(held);
        assert!(is_free(port).unwrap());
    }
}
