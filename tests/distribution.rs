//! Fetching, formatting and speeding up Kafka, with real brokers on loopback. Maven takes the jars
//! from its local repository if they are there, else from the network.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use kafka_chaos::testing::distribution::{
    Archive, ArchiveError, Distribution, DistributionError, LockError, Request, Surroundings,
};
use kafka_chaos::testing::runtime::RuntimeError;
use std::cell::{Cell, RefCell};
use std::ffi::OsString;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const START_LIMIT: Duration = Duration::from_secs(120);
const CLUSTER_ID: &str = "MkU3OEVBNTcwNTJENDM2Qg";

fn request(version: &str, cache: &Path) -> Request {
    let cache_dir = Some(cache.to_owned());
    Request {
        version: version.into(),
        kafka_home: None,
        surroundings: Surroundings { cache_dir, ..Surroundings::of_process() },
    }
}

/// Java, and no Maven: nothing can be fetched any more.
fn java_only(cache: &Path) -> Surroundings {
    let java_home = Some(java_home_of(&Surroundings::of_process()));
    Surroundings { java_home, path: None, cache_dir: Some(cache.into()), ..Surroundings::default() }
}

/// The folder of the Java that this process would use.
fn java_home_of(around: &Surroundings) -> OsString {
    if let Some(home) = around.java_home.clone().filter(|home| !home.is_empty()) {
        return home;
    }
    let path = around.path.clone().unwrap();
    let java = std::env::split_paths(&path).map(|folder| folder.join("java")).find(|p| p.exists());
    let java = fs::canonicalize(java.unwrap()).unwrap();
    java.parent().unwrap().parent().unwrap().into()
}

/// A Kafka process that is killed when dropped.
struct Node {
    child: Child,
    log: PathBuf,
}

impl Drop for Node {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Node {
    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    fn await_line(&mut self, text: &str) {
        let started = Instant::now();
        while !self.log().contains(text) {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "{ended:?} without {text:?}:\n{}", self.log());
            assert!(started.elapsed() < START_LIMIT, "no {text:?}:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Processor time so far, in hundredths of a second.
    fn cpu_ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// One node of a cluster with one controller, on a log folder made from the template.
fn start(
    distribution: &Distribution,
    roles: &str,
    id: i32,
    controller: (i32, u16),
    jvm: &[String],
    folder: &Path,
) -> Node {
    let log_dir = folder.join(format!("data-{id}"));
    fs::create_dir_all(&log_dir).unwrap();
    let is_controller = roles.contains("controller");
    distribution.storage_template.copy_to(&log_dir, is_controller).unwrap();
    fs::write(
        log_dir.join("meta.properties"),
        format!("version=1\ncluster.id={CLUSTER_ID}\nnode.id={id}\n"),
    )
    .unwrap();
    let mut listeners = Vec::new();
    if roles.contains("broker") {
        listeners.push(format!("CLIENT://127.0.0.1:{}", free_port()));
    }
    if is_controller {
        listeners.push(format!("CONTROLLER://127.0.0.1:{}", controller.1));
    }
    let mut properties = format!(
        "process.roles={roles}\nnode.id={id}\ncontroller.quorum.voters={}@127.0.0.1:{}\n\
         controller.listener.names=CONTROLLER\nlisteners={}\n\
         listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT\nlog.dirs={}\n",
        controller.0,
        controller.1,
        listeners.join(","),
        log_dir.display()
    );
    if roles.contains("broker") {
        properties += "inter.broker.listener.name=CLIENT\n";
    }
    let config = folder.join(format!("{id}.properties"));
    fs::write(&config, properties).unwrap();
    let log = folder.join(format!("{id}.log"));
    let out = File::create(&log).unwrap();
    let child = Command::new(&distribution.java.path)
        .args(["-Xmx256m", "-XX:+UseSerialGC"])
        .args(jvm)
        .args(distribution.jvm_args())
        .arg("kafka.Kafka")
        .arg(&config)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(out.try_clone().unwrap())
        .stderr(out)
        .spawn()
        .unwrap();
    Node { child, log }
}

fn start_combined(distribution: &Distribution, jvm: &[String], folder: &Path) -> Node {
    let mut node = start(distribution, "broker,controller", 1, (1, free_port()), jvm, folder);
    node.await_line("Kafka Server started");
    node
}

/// Processor time until the broker is up, and how many classes came from where.
fn measured_start(distribution: &Distribution) -> (u64, usize, usize) {
    let folder = tempfile::tempdir().unwrap();
    let node = start_combined(distribution, &["-Xlog:class+load".into()], folder.path());
    let (ticks, log) = (node.cpu_ticks(), node.log());
    let shared = log.matches("source: shared objects file").count();
    let parsed = log.matches("source: file:").count();
    (ticks, shared, parsed)
}

/// A training broker that dies by SIGKILL makes the archive, and it is really used afterwards.
fn archive_is_made_once_and_used(distribution: &mut Distribution) {
    let trainings = Cell::new(0);
    let train = |jvm: &[String]| -> Result<(), String> {
        trainings.set(trainings.get() + 1);
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        drop(start_combined(distribution, jvm, folder.path()));
        Ok(())
    };
    let mut made = distribution.clone();
    assert!(made.class_data_archive.is_none());
    let without = measured_start(&made);
    let done = made.ensure_archive(&train).unwrap();
    assert!(matches!(done, Archive::Made { .. }), "{done:?}");
    assert_eq!(made.ensure_archive(&train).unwrap(), Archive::Present);
    assert_eq!(trainings.get(), 1);
    let with = measured_start(&made);
    println!(
        "Kafka {}: start without archive (ticks, shared, parsed) {without:?}, with {with:?}, {done:?}",
        made.version
    );
    assert!(without.2 > 2000, "the jars are parsed without an archive: {without:?}");
    assert!(with.2 * 20 < with.1, "almost everything comes from the archive: {with:?}");
    *distribution = made;
}

fn isolated_nodes_start_from_the_template(distribution: &Distribution) {
    let folder = tempfile::tempdir().unwrap();
    let quorum = (100, free_port());
    let mut controller = start(distribution, "controller", 100, quorum, &[], folder.path());
    let mut broker = start(distribution, "broker", 0, quorum, &[], folder.path());
    broker.await_line("Kafka Server started");
    controller.await_line("Replayed a FeatureLevelRecord setting metadata.version");
}

fn whole_life(version: &str, jars: usize, feature: &str) {
    let cache = tempfile::tempdir().unwrap();
    let notes = RefCell::new(Vec::new());
    let note = |text: &str| notes.borrow_mut().push(text.to_owned());
    let mut distribution =
        Distribution::locate(&request(version, cache.path()), &note, &|_, _| ()).unwrap();
    assert_eq!(distribution.jars.len(), jars);
    assert!(notes.borrow().iter().any(|text| text.contains("fetching")), "{notes:?}");
    archive_is_made_once_and_used(&mut distribution);

    // A second run needs neither Maven nor a network, prints nothing, and finds the archive.
    notes.borrow_mut().clear();
    let offline =
        Request { surroundings: java_only(cache.path()), ..request(version, cache.path()) };
    let again = Distribution::locate(&offline, &note, &|_, _| ()).unwrap();
    assert_eq!(again.jars, distribution.jars);
    assert_eq!(notes.borrow().as_slice(), [] as [&str; 0]);
    isolated_nodes_start_from_the_template(&distribution);
    let folder = tempfile::tempdir().unwrap();
    let mut node = start_combined(&distribution, &[], folder.path());
    node.await_line(&format!("Replayed a FeatureLevelRecord setting {feature}"));
    drop(node);

    // A modified jar is found although its size is right.
    let jar = distribution.jars.iter().find(|jar| jar.ends_with("jopt-simple-5.0.4.jar")).unwrap();
    let mut bytes = fs::read(jar).unwrap();
    bytes[1000] ^= 1;
    fs::write(jar, bytes).unwrap();
    let error = Distribution::locate(&offline, &note, &|_, _| ()).unwrap_err();
    assert!(
        matches!(&error, DistributionError::Jar { source, .. }
            if matches!(&**source, LockError::Mismatch { jar, .. } if jar == "jopt-simple-5.0.4.jar")),
        "{error}"
    );
    let text = RuntimeError::from(error).to_string();
    assert!(text.contains("help: ") && text.contains(cache.path().to_str().unwrap()), "{text}");
}

#[test]
fn kafka_3_8_1_is_fetched_checked_formatted_and_archived() {
    whole_life("3.8.1", 58, "metadata.version");
}

#[test]
fn kafka_4_4_0_is_fetched_checked_formatted_and_archived() {
    whole_life("4.4.0", 45, "feature transaction.version");
}

#[test]
fn an_unpacked_release_is_taken_as_it_is_and_nothing_is_fetched() {
    let cache = tempfile::tempdir().unwrap();
    let fetched =
        Distribution::locate(&request("3.8.1", cache.path()), &|_| (), &|_, _| ()).unwrap();
    let release = tempfile::tempdir().unwrap();
    fs::create_dir(release.path().join("libs")).unwrap();
    for jar in &fetched.jars {
        fs::copy(jar, release.path().join("libs").join(jar.file_name().unwrap())).unwrap();
    }
    let request = Request {
        version: "3.9.1".into(),
        kafka_home: Some(release.path().into()),
        surroundings: java_only(cache.path()),
    };
    let mut home = Distribution::locate(&request, &|_| (), &|_, _| ()).unwrap();
    assert_eq!(home.version, "3.8.1");
    assert!(home.jars.iter().all(|jar| jar.starts_with(release.path())));
    let origin = format!("{:?}", home.origin);
    assert!(origin.contains("Home") && origin.contains("wanted: Some(\"3.9.1\")"), "{origin}");
    let folder = tempfile::tempdir().unwrap();
    drop(start_combined(&home, &[], folder.path()));

    // A training that fails, or that leaves no list, is reported, and leaves no archive behind.
    let error = home.ensure_archive(&|_| Err("no quorum")).unwrap_err();
    assert!(matches!(&error, ArchiveError::Training(why) if why == "no quorum"), "{error}");
    let error = home.ensure_archive(&|_| Ok::<(), String>(())).unwrap_err();
    assert!(matches!(error, ArchiveError::ShortList { .. }), "{error}");
    assert!(home.class_data_archive.is_none());
}

#[test]
fn what_is_missing_is_named_before_anything_is_made() {
    let cache = tempfile::tempdir().unwrap();
    let nothing = tempfile::tempdir().unwrap();
    let empty = Some(nothing.path().as_os_str().to_owned());
    let locate = |version: &str, around: Surroundings| {
        let request = Request { surroundings: around, ..request(version, cache.path()) };
        Distribution::locate(&request, &|_| (), &|_, _| ()).unwrap_err()
    };
    let bare = Surroundings {
        path: empty.clone(),
        cache_dir: Some(cache.path().into()),
        ..Default::default()
    };
    assert!(matches!(locate("3.8.1", bare.clone()), DistributionError::NoJava));
    let unknown = locate("3.3.3", bare.clone());
    assert!(matches!(&unknown, DistributionError::UnknownVersion { .. }), "{unknown}");
    let no_cache = locate("3.8.1", Surroundings { cache_dir: None, ..bare.clone() });
    assert!(matches!(no_cache, DistributionError::NoCacheFolder));
    let wrong_home = Surroundings { java_home: empty, ..bare };
    assert!(matches!(locate("3.8.1", wrong_home), DistributionError::BadJavaHome { .. }));
    let without_maven = java_only(cache.path());
    assert!(matches!(locate("3.8.1", without_maven), DistributionError::NoMaven { .. }));
    let left = fs::read_dir(cache.path().join("kafka")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().path()).collect();
    assert!(left.iter().all(|path| path.extension().is_some_and(|e| e == "lock")), "{left:?}");
}
