//! Broken compose files: every problem at its line and column.

use super::try_read;

/// `line:column message (help)` of every problem.
fn problems(text: &str) -> Vec<String> {
    let problems = try_read(text).err().map_or_else(Vec::new, |problems| problems.list);
    let told = problems.iter().map(|problem| {
        assert_eq!(problem.file, "test.yml");
        let help = problem.help.as_deref().unwrap_or("no help");
        format!("{}:{} {} ({help})", problem.line, problem.column, problem.message)
    });
    told.collect()
}

fn check(keys: &str, begins: &str, help: &str) {
    let text = format!("services:\n  s:\n    image: i\n    {keys}\n");
    let problems = problems(&text);
    let [one] = problems.as_slice() else { panic!("not one problem in {keys}: {problems:#?}") };
    assert!(one.starts_with(begins), "{keys}: {one}, not {begins}");
    assert!(one.contains(help), "{keys}: {one} has no help {help}");
}

#[test]
fn a_file_needs_services() {
    for (text, begins) in [
        ("", "1:1 the file has no services"),
        ("services:\n", "1:1 the file has no services"),
        ("version: '3'\nservices: {}\n", "2:1 the file has no services"),
        ("services: [a]\n", "1:11 `services` must be a map, not a list"),
        ("[]\n", "1:1 `the file` must be a map, not a list"),
        ("services:\n  a: b\n", "2:6 `a` must be a map, not a single value"),
        ("services:\n  a:\n", "2:3 `a` has no `image`"),
        ("services: {a: 1, a: 2}\n", "1:18 `a` is written twice"),
        ("services: [\n", "1:11 this is not valid YAML"),
        ("services:\n  \"a b\": {image: i}\n", "2:3 `a b` is not a valid service name"),
        (
            "service:\n  a: {image: i}\n",
            "1:1 unknown key `service` in a compose file (did you mean `services`?)",
        ),
        ("services: {a: {image: i}}\ninclude: x\n", "2:1 `include` is not supported"),
    ] {
        let problems = problems(text);
        assert!(
            problems.first().is_some_and(|one| one.starts_with(begins)),
            "{text}: {problems:#?}"
        );
    }
}

#[test]
fn keys_are_known_supported_or_refused() {
    for (keys, begins, help) in [
        (
            "enviroment: {}",
            "4:5 unknown key `enviroment` in a service",
            "did you mean `environment`?",
        ),
        ("network_mode: host", "4:5 `network_mode` is not supported", "write `networks`"),
        ("extends: {service: x}", "4:5 `extends` is not supported", "<<: *common"),
        ("cpus: 0.5", "4:5 `cpus` is not supported", "remove it"),
        ("scale: 3", "4:5 `scale` is not supported", "one service for each node"),
        ("secrets: [x]", "4:5 `secrets` is not supported", "bind the file"),
        ("deploy: {replicas: 3}", "4:24 `replicas` cannot be `3`", "one service for each node"),
        ("deploy: {resources: {}}", "4:14 `resources` is not supported in `deploy`", "mem_limit"),
        ("deploy: {replica: 1}", "4:14 unknown key `replica` in `deploy`", "`replicas`"),
        ("mem_limit: lots", "4:16 `mem_limit: lots` is not a size", "512m"),
        ("command: echo 'x", "4:14 a quote in `command` is not closed", "close it"),
        ("command: {a: b}", "4:14 `command` must be a single value, not a map", "command: VALUE"),
        ("hostname: \"\"", "4:15 `hostname` has no value", "remove the key"),
        ("environment: A=1", "4:18 `environment` must be a list or a map", "- NAME=VALUE"),
        ("environment: [=1]", "4:19 `` names no variable", "- NAME=VALUE"),
        ("environment: {A: [1]}", "4:22 `A` must be a single value", "A: VALUE"),
        ("env_file: none.env", "4:15 cannot read `env_file: none.env`", "relative"),
        ("extra_hosts: [x]", "4:19 `x` is not a host and an address", "NAME:ADDRESS"),
        ("tmpfs: /tmp:size=1m", "4:12 `/tmp:size=1m` is not a folder", "whole path"),
        ("networks: n", "4:15 `networks` must be a list or a map", "- NAME"),
        ("networks: [a/b]", "4:16 `a/b` is not a valid network name", "letters"),
        (
            "networks: {n: {ipv4_address: 10.0.0.1}}",
            "4:20 `ipv4_address` is not supported",
            "by name",
        ),
        ("networks: {n: {alias: [x]}}", "4:20 unknown key `alias`", "`aliases`"),
    ] {
        check(keys, begins, help);
    }
}

#[test]
fn ports_and_volumes_are_of_the_kinds_that_are_known() {
    for (keys, begins, help) in [
        ("ports: 80:80", "4:12 `ports` must be a list", "HOST:CONTAINER"),
        ("ports: [80]", "4:13 `80` has no port of the host", "HOST:CONTAINER"),
        ("ports: [\"127.0.0.1::80\"]", "4:13 `127.0.0.1::80` has no port", "HOST:CONTAINER"),
        ("ports: [\"1-2:1-2\"]", "4:13 `1-2:1-2` is a range", "one line"),
        ("ports: [\"x:80\"]", "4:13 `x:80` names no ports", "HOST:CONTAINER"),
        ("ports: [\"0:80\"]", "4:13 `0:80` names no ports", "HOST:CONTAINER"),
        ("ports: [\"65536:80\"]", "4:13 `65536:80` names no ports", "HOST:CONTAINER"),
        ("ports: [\"80:80/udp\"]", "4:13 a port cannot be of `udp`", "Kafka speaks TCP"),
        (
            "ports: [\"80:80\", \"80:81\"]",
            "4:22 port 80 of the host is published twice",
            "`s` has it",
        ),
        ("ports: [{target: 80}]", "4:13 this port has no `target` or no `published`", "published"),
        ("ports: [{target: 80, publish: 1}]", "4:26 unknown key `publish`", "`published`"),
        ("ports: [{target: x, published: 1}]", "4:22 `target: x` is not a port", "one number"),
        ("volumes: [/data]", "4:15 `/data` is a volume without a name", "NAME:/PATH"),
        ("volumes: [\"a:b\"]", "4:15 `b` is not a folder in a container", "whole path"),
        ("volumes: [\"a:/b:nocopy\"]", "4:15 a volume cannot be `nocopy`", "`ro`"),
        ("volumes: [\"a/b:/b\"]", "4:15 `a/b` is not a valid volume name", "begins with `./`"),
        ("volumes: [\"~you:/b\"]", "4:15 `~you` is another user's folder", "whole path"),
        ("volumes: [\"a:/b:ro:x\"]", "4:15 `a:/b:ro:x` has too many `:`", "NAME:/PATH"),
        ("volumes: [{target: /b}]", "4:15 this volume has no `source`", "source: NAME"),
        ("volumes: [{source: a}]", "4:15 this volume has no `target`", "target: /PATH"),
        (
            "volumes: [{type: npipe, source: a, target: /b}]",
            "4:22 a volume cannot be of `type: npipe`",
            "`bind`",
        ),
        (
            "volumes: [{source: a, target: /b, volume: {nocopy: true}}]",
            "4:48 `nocopy` is not supported",
            "remove it",
        ),
        ("volumes: [{source: a, taget: /b}]", "4:27 unknown key `taget`", "`target`"),
        (
            "volumes: [{source: a, target: /b, read_only: 2}]",
            "4:50 `read_only` cannot be `2`",
            "true",
        ),
    ] {
        check(keys, begins, help);
    }
}

#[test]
fn what_cannot_be_made_and_removed_is_refused() {
    let file = |rest: &str| {
        format!("services:\n  s: {{image: i, networks: [n], volumes: [\"v:/v\"]}}\n{rest}")
    };
    for (rest, expected) in [
        (
            "networks: {n: {external: true}}\nvolumes: {v: }",
            "3:16 network `n` is external (remove `external`",
        ),
        ("networks: {n: }\nvolumes: {v: {external: {name: x}}}", "4:15 volume `v` is external"),
        (
            "networks: {n: {driver: overlay}}\nvolumes: {v: }",
            "3:24 network `n` cannot have the driver `overlay`",
        ),
        (
            "networks: {n: }\nvolumes: {v: {driver_opts: {o: bind}}}",
            "4:15 `driver_opts` is not supported in a volume",
        ),
        (
            "networks: {n: {internal: true}}\nvolumes: {v: }",
            "3:16 `internal` is not supported in a network",
        ),
        (
            "networks: {n: {extrenal: true}}\nvolumes: {v: }",
            "3:16 unknown key `extrenal` in a network (did you mean `external`?)",
        ),
    ] {
        let problems = problems(&file(rest));
        let [one] = problems.as_slice() else { panic!("{rest}: {problems:#?}") };
        assert!(one.starts_with(expected), "{rest}: {one}");
    }
    assert_eq!(problems(&file("networks: {n: {external: false}}\nvolumes: {v: }")), [""; 0]);
}

#[test]
fn all_problems_come_at_once_in_the_order_of_the_file() {
    let text = "version: '3'
services:
  a:
    image: ${IMAGE}
    ports: [\"80\"]
    environment:
      - A=${B:?say B}
  b:
    build: .
    volume: []
";
    let told = problems(text);
    let begins = [
        "4:12 `IMAGE` has no value (set `IMAGE` in the environment or in `.env`",
        "5:13 `80` has no port of the host",
        "7:9 `B` has no value: say B",
        "9:5 `b` has a `build`, and chaos builds no images (write `image: NAME`, or set KAFKA_IMAGE",
        "10:5 unknown key `volume` in a service (did you mean `volumes`?)",
    ];
    assert_eq!(told.len(), begins.len(), "{told:#?}");
    for (one, begin) in told.iter().zip(begins) {
        assert!(one.starts_with(begin), "{one}, not {begin}");
    }
}

#[test]
fn services_that_are_no_nodes_are_not_looked_at_but_for_their_keys() {
    let node = "node: {image: i, environment: {KAFKA_NODE_ID: 1}, ports: [\"80:80\"]}";
    let ui = "ui: {build: ., network_mode: host, ports: [\"80:80\", \"8080\"], restart: always}";
    let compose = try_read(&format!("services:\n  {node}\n  {ui}\n")).unwrap();
    assert_eq!(compose.services.len(), 2);
    assert_eq!(compose.notes, [""; 0]);
    let told = problems(&format!("services:\n  {node}\n  ui: {{imgae: i}}\n"));
    assert_eq!(told, ["3:8 unknown key `imgae` in a service (did you mean `image`?)"]);
}
