//! The shipped compose file by itself, started by docker-compose: a cluster that any client can
//! use.

use crate::imaging::{Place, expect_code, must};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The file's own ports are 10000 to 10002; another cluster may have them.
const FIRST_PORT: u16 = 21_100;
const READY_LIMIT: Duration = Duration::from_secs(180);
const TOPIC_LIMIT: Duration = Duration::from_secs(30);

/// A project that is taken down when dropped.
struct Project {
    file: PathBuf,
    name: String,
}

impl Project {
    fn compose(&self, arguments: &[&str]) -> Command {
        let mut command = compose();
        command.arg("-p").arg(&self.name).arg("-f").arg(&self.file).args(arguments);
        command.env("KAFKA_IMAGE", "chaos-kafka:3.8.1").stdin(Stdio::null());
        command
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let down = self.compose(&["down", "-v", "-t", "1"]).output();
        if !std::thread::panicking() {
            assert!(down.unwrap().status.success(), "{} stays", self.name);
        }
    }
}

/// docker-compose if available, else the plugin.
fn compose() -> Command {
    let found = Command::new("docker-compose").arg("version").output();
    if found.is_ok_and(|output| output.status.success()) {
        return Command::new("docker-compose");
    }
    let mut command = Command::new("docker");
    command.arg("compose");
    command
}

fn server(broker: u16) -> String {
    format!("127.0.0.1:{}", FIRST_PORT + broker)
}

fn kcat(broker: u16, arguments: &[&str]) -> Command {
    let mut command = Command::new("kcat");
    command.args(["-b", &server(broker)]).args(arguments);
    command
}

/// Whether this broker's own metadata shows all three.
fn shows_all(broker: u16) -> bool {
    let output = kcat(broker, &["-L", "-m", "2"]).stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (0..3).all(|id| text.contains(&format!(" at {}", server(id))))
}

/// All of a topic's messages. kcat gives up on a topic if the broker that it happens to ask, not
/// always the one named here, has not heard of it yet; then it is asked again.
fn read_back(broker: u16, topic: &str) -> String {
    let begun = Instant::now();
    loop {
        let mut reader = kcat(broker, &["-C", "-t", topic, "-o", "beginning", "-e", "-q"]);
        let output = reader.stdin(Stdio::null()).output().unwrap();
        if output.status.success() || begun.elapsed() >= TOPIC_LIMIT {
            expect_code(&output, 0);
            return String::from_utf8(output.stdout).unwrap();
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn the_shipped_file_alone_is_a_cluster_that_kcat_can_use() {
    let place = Place::new();
    must(&mut place.chaos(&["image", "build", "3.8.1"]));
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("compose/docker-compose.yml");
    let mut text = fs::read_to_string(shipped).unwrap();
    for broker in 0..3 {
        let (from, to) = ((10_000 + broker).to_string(), (FIRST_PORT + broker).to_string());
        assert!(text.contains(&from), "no port {from} in the file");
        text = text.replace(&from, &to);
    }
    let file = place.path().join("docker-compose.yml");
    fs::write(&file, text).unwrap();
    let project = Project { file, name: format!("chaos-test-{}", std::process::id()) };
    let begun = Instant::now();
    must(&mut project.compose(&["up", "-d"]));
    while !(0..3).all(shows_all) {
        let logs = || must(&mut project.compose(&["logs", "--tail=20"]));
        assert!(begun.elapsed() < READY_LIMIT, "not ready:\n{}", logs());
        std::thread::sleep(Duration::from_millis(200));
    }
    // Written through one broker and read through another. The codec's library is in the broker's
    // jar and needs the image's C library.
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let topic = format!("kcat-{codec}");
        let mut producer = kcat(0, &["-P", "-t", &topic, "-z", codec, "-X", "acks=all"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let sent: String = (0..100).map(|n| format!("message {n}\n")).collect();
        producer.stdin.take().unwrap().write_all(sent.as_bytes()).unwrap();
        let output = producer.wait_with_output().unwrap();
        assert!(output.status.success(), "{codec}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(read_back(2, &topic), sent, "{codec}");
    }
}
