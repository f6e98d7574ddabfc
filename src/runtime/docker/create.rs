//! The requests that create things in Docker, from a [`KafkaService`], with every option explicit.

use super::labels::{Belonging, Labels};
use crate::compose::{KafkaService, Mount};
use bollard::models::{
    ContainerCreateBody, EndpointIpamConfig, EndpointSettings, HealthConfig, HostConfig,
    HostConfigLogConfig, Ipam, IpamConfig, Mount as DockerMount, MountBindOptions, MountType,
    MountVolumeOptions, NetworkCreateRequest, NetworkingConfig, PortBinding, RestartPolicy,
    RestartPolicyNameEnum, VolumeCreateRequest,
};
use std::collections::HashMap;
use std::net::Ipv4Addr;

/// A broker writes a few megabytes per run; the whole log is kept when the run ends.
const LOG_BYTES_MAX: &str = "50m";
/// The older half of a longer log is kept until the newer is as large.
const LOG_FILES_MAX: &str = "2";

/// The name of a project's network or volume.
pub(super) fn scoped(project: &str, name: &str) -> String {
    format!("{project}_{name}")
}

pub(super) fn container_name(project: &str, service: &str) -> String {
    format!("{project}-{service}-1")
}

/// A network of the project; without a subnet, the daemon chooses one.
pub(super) fn network(
    belonging: &Belonging,
    name: &str,
    subnet: Option<IpamConfig>,
) -> NetworkCreateRequest {
    NetworkCreateRequest {
        name: scoped(&belonging.project, name),
        driver: Some("bridge".to_owned()),
        internal: Some(false),
        attachable: Some(false),
        ingress: Some(false),
        enable_ipv6: Some(false),
        ipam: Some(Ipam {
            driver: Some("default".to_owned()),
            config: subnet.map(|subnet| vec![subnet]),
            options: None,
        }),
        labels: Some(with(belonging.labels(), "com.docker.compose.network", name)),
        ..NetworkCreateRequest::default()
    }
}

pub(super) fn volume(belonging: &Belonging, name: &str) -> VolumeCreateRequest {
    VolumeCreateRequest {
        name: Some(scoped(&belonging.project, name)),
        driver: Some("local".to_owned()),
        labels: Some(with(belonging.labels(), "com.docker.compose.volume", name)),
        ..VolumeCreateRequest::default()
    }
}

fn with(mut labels: Labels, name: &str, value: &str) -> Labels {
    labels.insert(name.to_owned(), value.to_owned());
    labels
}

/// A service's container on its first network, with a fixed address.
pub(super) fn container(
    belonging: &Belonging,
    node: &KafkaService,
    network: &str,
    network_id: &str,
    address: Ipv4Addr,
) -> ContainerCreateBody {
    let service = &node.service;
    let mut labels: Labels =
        service.labels.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    labels.extend(belonging.container_labels(&service.name, node.id));
    let mut endpoint = endpoint(node, network);
    endpoint.ipam_config = Some(EndpointIpamConfig {
        ipv4_address: Some(address.to_string()),
        ..EndpointIpamConfig::default()
    });
    let exposed = service.ports.iter().map(|port| format!("{}/tcp", port.container)).collect();
    ContainerCreateBody {
        hostname: Some(service.hostname.clone().unwrap_or_else(|| service.name.clone())),
        user: service.user.clone(),
        attach_stdin: Some(false),
        attach_stdout: Some(false),
        attach_stderr: Some(false),
        tty: Some(false),
        open_stdin: Some(false),
        exposed_ports: Some(exposed),
        env: Some(service.environment.iter().map(|(k, v)| format!("{k}={v}")).collect()),
        entrypoint: service.entrypoint.clone(),
        cmd: service.command.clone(),
        image: Some(service.image.clone()),
        labels: Some(labels),
        // Its processes would run beside the broker's; readiness is checked by protocol.
        healthcheck: Some(HealthConfig {
            test: Some(vec!["NONE".to_owned()]),
            ..HealthConfig::default()
        }),
        host_config: Some(host_config(belonging, node, network_id)),
        networking_config: Some(NetworkingConfig {
            endpoints_config: Some([(network_id.to_owned(), endpoint)].into()),
        }),
        ..ContainerCreateBody::default()
    }
}

/// How a service is known on one of its networks.
pub(super) fn endpoint(node: &KafkaService, network: &str) -> EndpointSettings {
    let mut aliases = vec![node.service.name.clone()];
    aliases.extend(node.service.networks.get(network).into_iter().flatten().cloned());
    EndpointSettings { aliases: Some(aliases), ..EndpointSettings::default() }
}

fn host_config(belonging: &Belonging, node: &KafkaService, network_id: &str) -> HostConfig {
    let service = &node.service;
    let mut ports: HashMap<String, Option<Vec<PortBinding>>> = HashMap::new();
    for port in &service.ports {
        let binding = PortBinding {
            host_ip: Some(Ipv4Addr::LOCALHOST.to_string()),
            host_port: Some(port.host.to_string()),
        };
        let of = ports.entry(format!("{}/tcp", port.container)).or_default();
        of.get_or_insert_default().push(binding);
    }
    let log = [
        ("max-size".to_owned(), LOG_BYTES_MAX.to_owned()),
        ("max-file".to_owned(), LOG_FILES_MAX.to_owned()),
    ];
    HostConfig {
        network_mode: Some(network_id.to_owned()),
        port_bindings: Some(ports),
        publish_all_ports: Some(false),
        // Only a fault may start or end a node.
        restart_policy: Some(RestartPolicy {
            name: Some(RestartPolicyNameEnum::NO),
            maximum_retry_count: None,
        }),
        auto_remove: Some(false),
        init: Some(false),
        privileged: Some(false),
        readonly_rootfs: Some(false),
        ipc_mode: Some("private".to_owned()),
        memory: service.memory_bytes,
        extra_hosts: Some(service.extra_hosts.clone()),
        tmpfs: Some(service.tmpfs.iter().map(|path| (path.clone(), String::new())).collect()),
        mounts: Some(service.mounts.iter().map(|m| mount(belonging, m)).collect()),
        log_config: Some(HostConfigLogConfig {
            typ: Some("json-file".to_owned()),
            config: Some(log.into()),
        }),
        ..HostConfig::default()
    }
}

fn mount(belonging: &Belonging, mount: &Mount) -> DockerMount {
    match mount {
        Mount::Volume { name, target, read_only } => DockerMount {
            typ: Some(MountType::VOLUME),
            source: Some(scoped(&belonging.project, name)),
            target: Some(target.clone()),
            read_only: Some(*read_only),
            // The image's own folder gives the volume its owner.
            volume_options: Some(MountVolumeOptions {
                no_copy: Some(false),
                ..MountVolumeOptions::default()
            }),
            ..DockerMount::default()
        },
        Mount::Bind { source, target, read_only } => DockerMount {
            typ: Some(MountType::BIND),
            source: Some(source.display().to_string()),
            target: Some(target.clone()),
            read_only: Some(*read_only),
            bind_options: Some(MountBindOptions::default()),
            ..DockerMount::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::spec::tests::service;
    use super::*;
    use std::path::Path;

    fn body() -> ContainerCreateBody {
        let belonging = Belonging::own("p", "r", Path::new("/out")).unwrap();
        container(&belonging, &service(0), "net", "N", Ipv4Addr::new(172, 18, 0, 2))
    }

    #[test]
    fn ports_are_published_on_the_loopback_only() {
        let ports = body().host_config.unwrap().port_bindings.unwrap();
        let binding = &ports["9094/tcp"].as_ref().unwrap()[0];
        assert_eq!(binding.host_ip.as_deref(), Some("127.0.0.1"));
        assert_eq!(binding.host_port.as_deref(), Some("10000"));
        assert_eq!(ports.len(), 1);
    }

    #[test]
    fn only_a_fault_ends_or_starts_a_container() {
        let body = body();
        assert_eq!(body.healthcheck.unwrap().test.unwrap(), ["NONE"]);
        let host = body.host_config.unwrap();
        assert_eq!(host.restart_policy.unwrap().name, Some(RestartPolicyNameEnum::NO));
        assert_eq!(
            (host.auto_remove, host.init, host.privileged),
            (Some(false), Some(false), Some(false))
        );
    }

    #[test]
    fn peers_find_it_under_its_names_at_an_address_that_stays() {
        let body = body();
        assert_eq!(body.hostname.as_deref(), Some("kafka-broker-01"));
        let endpoints = body.networking_config.unwrap().endpoints_config.unwrap();
        assert_eq!(endpoints["N"].aliases.as_deref().unwrap(), ["kafka-broker-01", "other"]);
        let address = endpoints["N"].ipam_config.as_ref().unwrap().ipv4_address.as_deref();
        assert_eq!(address, Some("172.18.0.2"));
    }

    #[test]
    fn the_services_own_labels_come_before_ours() {
        let mut node = service(0);
        node.service.labels.insert("chaos.run".to_owned(), "stolen".to_owned());
        let belonging = Belonging::own("p", "r", Path::new("/out")).unwrap();
        let body = container(&belonging, &node, "net", "N", Ipv4Addr::LOCALHOST);
        let labels = body.labels.unwrap();
        assert_eq!((labels["team"].as_str(), labels["chaos.run"].as_str()), ("a", "r"));
    }

    #[test]
    fn data_lies_in_the_projects_volume() {
        let mounts = body().host_config.unwrap().mounts.unwrap();
        assert_eq!(mounts[0].source.as_deref(), Some("p_data-0"));
        assert_eq!(mounts[0].target.as_deref(), Some("/bitnami/kafka"));
    }
}
