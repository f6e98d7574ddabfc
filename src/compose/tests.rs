//! Valid compose files, and how they are read.

mod broken;
mod kafka;
mod no_cluster;
mod proptests;

use super::*;
use std::path::{Path, PathBuf};

/// The document's compose file as posted: it names an image of its own, and networks and volumes
/// that it does not declare.
const DOCUMENT: &str = include_str!("../../tests/compose/document.yml");

const FOLDER: &str = "/compose/folder";

/// Only these two variables.
fn variables(name: &str) -> Option<String> {
    match name {
        "ID" => Some("7".to_owned()),
        "HOME" => Some("/home/me".to_owned()),
        _ => None,
    }
}

fn try_read(text: &str) -> Result<Compose, crate::yaml::Diagnostics> {
    super::read("test.yml", text, Path::new(FOLDER), &variables)
}

fn sound(text: &str) -> Compose {
    try_read(text).unwrap_or_else(|problems| panic!("{text}\n{problems}"))
}

/// The only service of a file with these keys.
fn service(keys: &str) -> Service {
    let keys = keys.replace('\n', "\n    ");
    let compose = sound(&format!("services:\n  s:\n    image: i\n    {keys}\n"));
    assert_eq!(compose.services.len(), 1);
    compose.services[0].clone()
}

fn documents_with_image() -> String {
    let build = "build:\n      context: .\n      dockerfile: Dockerfile";
    assert_eq!(DOCUMENT.matches(build).count(), 3);
    DOCUMENT.replace(build, "image: bitnamilegacy/kafka:3.8.1")
}

#[test]
fn every_key_is_read() {
    let all = service(
        "hostname: host
user: \"1001:0\"
entrypoint: [sh, -c]
command: echo 'two words' $$HOME
environment: {A: 1, B: yes, C: \"${ID}\", ID: , NONE: , D: 1.10}
ports: [\"10000:9094\", \"127.0.0.1:10001:9095/tcp\", {target: 9096, published: 10002, protocol: tcp}]
networks: {front: {aliases: [other]}, back: }
volumes:
  - data:/data
  - ./conf:/conf:ro
  - /etc/x:/etc/x:ro,z
  - ~/y:/y
  - {type: volume, source: more, target: /more, read_only: true}
  - {type: bind, source: ../up, target: /up, bind: {create_host_path: true}}
  - {type: tmpfs, target: /scratch}
tmpfs: /tmp
mem_limit: 512m
labels: [a=1, b]
extra_hosts: [\"one:10.0.0.1\", \"two=::1\"]",
    );
    assert_eq!((all.image.as_str(), all.hostname.as_deref()), ("i", Some("host")));
    assert_eq!(all.user.as_deref(), Some("1001:0"));
    assert_eq!(all.entrypoint, Some(vec!["sh".to_owned(), "-c".to_owned()]));
    assert_eq!(all.command.unwrap(), ["echo", "two words", "$HOME"]);
    let environment: Vec<String> =
        all.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(environment, ["A=1", "B=yes", "C=7", "D=1.10", "ID=7"]);
    let ports: Vec<(u16, u16)> = all.ports.iter().map(|p| (p.host, p.container)).collect();
    assert_eq!(ports, [(10000, 9094), (10001, 9095), (10002, 9096)]);
    assert_eq!(all.networks["front"], ["other"]);
    assert!(all.networks["back"].is_empty());
    let mounts: Vec<String> = all.mounts.iter().map(|mount| format!("{mount:?}")).collect();
    for (mount, expected) in mounts.iter().zip([
        r#"Volume { name: "data", target: "/data", read_only: false }"#,
        r#"Bind { source: "/compose/folder/conf", target: "/conf", read_only: true }"#,
        r#"Bind { source: "/etc/x", target: "/etc/x", read_only: true }"#,
        r#"Bind { source: "/home/me/y", target: "/y", read_only: false }"#,
        r#"Volume { name: "more", target: "/more", read_only: true }"#,
        r#"Bind { source: "/compose/up", target: "/up", read_only: false }"#,
    ]) {
        assert_eq!(mount, expected);
    }
    assert_eq!(mounts.len(), 6);
    assert_eq!(all.tmpfs, ["/scratch", "/tmp"]);
    assert_eq!(all.memory_bytes, Some(512 << 20));
    assert_eq!(
        all.labels,
        [("a", "1"), ("b", "")].map(|(k, v)| (k.to_owned(), v.to_owned())).into()
    );
    assert_eq!(all.extra_hosts, ["one:10.0.0.1", "two:::1"]);
}

#[test]
fn lists_and_maps_say_the_same() {
    let list = service("environment: [A=1, B=x=y, ID, NONE, C=]\nlabels: {a: 1}\nnetworks: [n]");
    let map = service(
        "environment: {A: 1, B: x=y, ID: , NONE: , C: \"\"}\nlabels: [a=1]\nnetworks: {n: }",
    );
    assert_eq!(list, map);
    assert_eq!(list.environment["ID"], "7");
    assert_eq!(list.environment["C"], "");
    assert!(!list.environment.contains_key("NONE"), "{:?}", list.environment);
}

#[test]
fn anchors_and_merge_keys_are_followed() {
    let compose = sound(
        "x-common: &common
  image: i
  environment: &env {A: 1, B: 2}
x-more: &more {mem_limit: 1g, image: other}
services:
  one:
    <<: [*common, *more]
    environment:
      <<: *env
      B: 3
  two: *common
",
    );
    let [one, two] = compose.services.as_slice() else { panic!("two services") };
    assert_eq!((one.image.as_str(), one.memory_bytes), ("i", Some(1 << 30)));
    assert_eq!((one.environment["A"].as_str(), one.environment["B"].as_str()), ("1", "3"));
    assert_eq!((two.environment["B"].as_str(), two.memory_bytes), ("2", None));
}

#[test]
fn what_is_left_aside_is_said_once() {
    let service = "{image: i, restart: always, container_name: c, privileged: true, cap_add: [NET_ADMIN], healthcheck: {test: x}, depends_on: [x], init: true, x-own: 1}";
    let compose = sound(&format!(
        "version: '3.8'\nname: x\nservices:\n  a: {service}\n  b: {service}\nvolumes: {{unused: {{external: true}}}}\n"
    ));
    let keys: Vec<&str> =
        compose.notes.iter().map(|note| note.split('`').nth(1).unwrap_or(note)).collect();
    assert_eq!(keys, ["name", "restart", "container_name", "privileged", "cap_add", "init"]);
    assert_eq!(
        compose.notes[1],
        "`restart` is ignored: a fault must be the only thing that changes state"
    );
}

#[test]
fn networks_and_volumes_in_use_are_made_whether_declared_or_not() {
    let compose = sound(
        "services:
  a: {image: i, networks: [n], volumes: [\"v:/v\"]}
  b: {image: i}
networks: {n: {driver: bridge}, unused: }
",
    );
    assert_eq!(compose.networks, ["default", "n"]);
    assert_eq!(compose.volumes, ["v"]);
    assert_eq!(compose.notes, ["volume `v` is declared nowhere in the file: it is made"]);
    assert_eq!(compose.services[1].networks["default"], [""; 0]);
}

#[test]
fn kafka_image_is_the_image_of_services_that_name_none() {
    let variables = |name: &str| (name == "KAFKA_IMAGE").then(|| "chaos-kafka:3.8.1".to_owned());
    let compose = super::read("d.yml", DOCUMENT, Path::new("."), &variables).unwrap();
    assert!(compose.services.iter().all(|service| service.image == "chaos-kafka:3.8.1"));
    let written =
        super::read("d.yml", &documents_with_image(), Path::new("."), &variables).unwrap();
    assert!(written.services.iter().all(|service| service.image == "bitnamilegacy/kafka:3.8.1"));
}

#[test]
fn the_environment_goes_before_the_file_beside_and_that_before_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(".env", "A=beside\nB=beside\n");
    write("own.env", "E=own\nF=own $A\n");
    write(
        "compose.yml",
        "services:\n  s:\n    image: ${A}-${B}-${C:-default}\n    env_file: own.env\n    \
         environment: {E: over, B: }\n",
    );
    let path = folder.path().join("compose.yml");
    let environment = |name: &str| (name == "A").then(|| "environment".to_owned());
    let compose = super::file::read_file_with(&path, &environment).unwrap();
    let service = &compose.services[0];
    assert_eq!(service.image, "environment-beside-default");
    let words: Vec<String> = service.environment.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(words, ["B=beside", "E=over", "F=own $A"]);
    assert_eq!(compose.file, path.display().to_string());

    write(".env", "A\n");
    let problems = super::file::read_file_with(&path, &environment).unwrap_err();
    assert_eq!(problems.list[0].file, folder.path().join(".env").display().to_string());
    let missing = super::file::read_file_with(&PathBuf::from("/no/such.yml"), &environment);
    assert!(missing.unwrap_err().to_string().contains("cannot read the compose file"));
}

#[test]
fn the_effective_file_reads_as_the_same_services() {
    let words = "services:
  s:
    image: i
    user: \"1001:0\"
    command: [\"yes\", \"010\", \"$$x\", \"1:30\", \"a: b\", \"2020-01-01\", \"\"]
    environment: [A=$$1, \"B=a\\nb\", C=yes]
    mem_limit: 1m
    ports: [\"10:20\"]
    volumes: [\"v:/v:ro\", \"/a:/b\"]
    networks: {n: {aliases: [\"on\"]}}
    extra_hosts: [\"a:::1\"]
    labels: {l: \"1\"}
    tmpfs: [/t]
    hostname: \"no\"
    entrypoint: []
";
    for text in [words, &documents_with_image()] {
        let compose = sound(text);
        let written = compose.to_yaml().unwrap();
        let again = sound(&written);
        assert_eq!(again.services, compose.services, "{written}");
        assert_eq!((&again.networks, &again.volumes), (&compose.networks, &compose.volumes));
        assert_eq!(again.notes, [""; 0], "{written}");
    }
}
