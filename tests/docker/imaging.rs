//! A separate place for one test, with a daemon that answers.

use crate::harness::ORDINARY_USER;
use kafka_chaos::testing::runtime::docker::{Engine, Threads, reason};
use parking_lot::{Mutex, MutexGuard};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// This test's images and files, removed when it ends.
pub struct Place {
    pub engine: Engine,
    folder: tempfile::TempDir,
    images: Vec<String>,
    _turn: MutexGuard<'static, ()>,
}

impl Place {
    /// # Panics
    /// If no daemon answers.
    pub fn new() -> Place {
        let turn = ONE_AT_A_TIME.lock();
        let engine = Engine::connect(Threads::None).unwrap_or_else(|error| {
            panic!(
                "{error}\n\nThese tests need a Docker daemon: start one, or run ./script/test, \
                 which starts one where it may.\n"
            )
        });
        let folder = tempfile::Builder::new().prefix("kafka-chaos-docker-").tempdir().unwrap();
        fs::create_dir(folder.path().join("tmp")).unwrap();
        Place { engine, folder, images: Vec::new(), _turn: turn }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The tool's folder for temporary files.
    pub fn tmp(&self) -> PathBuf {
        self.path().join("tmp")
    }

    /// An image name that no other test has.
    pub fn image(&mut self, name: &str) -> String {
        let image = format!("chaos-test-{}:{name}", std::process::id());
        self.images.push(image.clone());
        image
    }

    /// `chaos` with these arguments, as the user who runs the tests.
    pub fn chaos(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chaos"));
        command.args(arguments).env("TMPDIR", self.tmp()).stdin(Stdio::null());
        command
    }

    /// Builds an image, unless one was built with this cache before.
    pub fn fill_cache(&mut self) {
        if !user_cache().join("kafka").is_dir() {
            let image = self.image("cache");
            must(&mut self.chaos(&["image", "build", "--tag", &image]));
        }
    }

    /// `chaos` as an ordinary user whose only right is the daemon's socket. Root only.
    pub fn chaos_as_member_of_the_group(&self, arguments: &[&str]) -> Command {
        let socket = kafka_chaos::testing::runtime::docker::host();
        let socket = socket.strip_prefix("unix://").expect("a socket on this machine");
        let group = fs::metadata(socket).unwrap().gid();
        // This user may not see the tests' own target and cache folders.
        let (tool, cache) = (self.path().join("chaos"), self.path().join("cache"));
        fs::copy(env!("CARGO_BIN_EXE_chaos"), &tool).unwrap();
        fs::create_dir_all(cache.join("kafka")).unwrap();
        must(
            Command::new("cp").arg("-a").arg(user_cache().join("kafka/.")).arg(cache.join("kafka")),
        );
        must(Command::new("chown").arg("-R").arg(ORDINARY_USER.to_string()).arg(self.path()));
        let mut command = Command::new("setpriv");
        command
            .args([format!("--reuid={ORDINARY_USER}"), format!("--regid={ORDINARY_USER}")])
            .args([format!("--groups={group}"), tool.display().to_string()])
            .args(arguments)
            .env("TMPDIR", self.tmp())
            .env("HOME", self.path())
            .env("CHAOS_CACHE_DIR", cache)
            .stdin(Stdio::null());
        command
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let docker = self.engine.docker();
        for image in &self.images {
            let options =
                bollard::query_parameters::RemoveImageOptionsBuilder::default().force(true).build();
            let removed = self.engine.wait(docker.remove_image(image, Some(options), None));
            let is_gone = |e: &bollard::errors::Error| reason(e).contains("No such image");
            if let Err(error) = removed
                && !is_gone(&error)
                && !std::thread::panicking()
            {
                panic!("{image} stays: {}", reason(&error));
            }
        }
    }
}

/// Where the tool keeps Kafka's jars.
fn user_cache() -> PathBuf {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    variable("CHAOS_CACHE_DIR").unwrap_or_else(|| {
        variable("XDG_CACHE_HOME")
            .unwrap_or_else(|| variable("HOME").unwrap().join(".cache"))
            .join("kafka-chaos")
    })
}

/// Runs it to its end and returns its standard output.
///
/// # Panics
/// If it fails, with its output.
pub fn must(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    expect_code(&output, 0);
    String::from_utf8(output.stdout).unwrap()
}

/// # Panics
/// Unless it ended with this status.
pub fn expect_code(output: &Output, code: i32) {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(
        output.status.code(),
        Some(code),
        "\n--- stdout\n{}\n--- stderr\n{}",
        text(&output.stdout),
        text(&output.stderr)
    );
}
