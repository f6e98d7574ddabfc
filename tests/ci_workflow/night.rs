//! A night in a repository with one scenario: the tool itself, or a stand-in for `chaos run` that
//! leaves a report; everything else is the tool.

use super::job::{Ended, Runner, workflow};
use crate::compare::world::{save, scenario};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the run that the stand-in leaves.
pub const RUN: &str = "made-20260102-030405";
/// The scenario's expectation.
pub const LOSSLESS: &str = "expect: {lost: 0}";

/// `chaos run` copies what is beside this file into the given folder, which must be empty, as with
/// the tool; every other command is the tool's own.
const STAND_IN: &str = "#!/bin/bash\n\
    here=$(dirname \"$0\")\n\
    [ \"$1\" = run ] || exec \"$here/real\" \"$@\"\n\
    echo \"asked for: $*\"\n\
    case \"$*\" in\n\
    *--out*)\n\
    out=${*##*--out }\n\
    [ ! -e \"$out\" ] || exit 2\n\
    cp -rL \"$here/left/latest\" \"$out\" ;;\n\
    *)\n\
    mkdir -p chaos-out\n\
    cp -r \"$here/left/.\" chaos-out ;;\n\
    esac\n\
    exit \"$(cat \"$here/status\")\"\n";

/// A checked-out repository, and programs beside it.
pub struct Night {
    folder: tempfile::TempDir,
    /// `fail` or `warn`.
    pub inconclusive: &'static str,
    /// Whether CHAOS_REF was filled in.
    pub is_filled_in: bool,
}

impl Night {
    pub fn new() -> Night {
        let night = Night {
            folder: tempfile::tempdir().unwrap(),
            inconclusive: "fail",
            is_filled_in: true,
        };
        for folder in ["repository/scenarios", "repository/ci/baselines/3.8.1", "programs/left"] {
            fs::create_dir_all(night.path(folder)).unwrap();
        }
        let text = scenario(LOSSLESS);
        fs::write(night.path("repository/scenarios/made.yaml"), text).unwrap();
        symlink(env!("CARGO_BIN_EXE_chaos"), night.path("programs/real")).unwrap();
        night
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// Uses the tool itself, or the stand-in that leaves this report and exit status.
    pub fn chaos(self, stand_in: Option<(&Value, i32)>) -> Night {
        let chaos = self.path("programs/chaos");
        drop(fs::remove_file(&chaos));
        let Some((report, status)) = stand_in else {
            symlink(env!("CARGO_BIN_EXE_chaos"), chaos).unwrap();
            return self;
        };
        fs::write(&chaos, STAND_IN).unwrap();
        fs::set_permissions(&chaos, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(self.path("programs/status"), status.to_string()).unwrap();
        self.leave(RUN, report);
        self
    }

    /// From now on the stand-in leaves this run.
    pub fn leave(&self, name: &str, report: &Value) {
        let left = self.path("programs/left");
        drop(fs::remove_dir_all(&left));
        save(&left, name, report);
        fs::write(left.join(name).join("summary.md"), "what the run says\n").unwrap();
        // As the tool leaves it; nothing may use a run twice because of it.
        symlink(name, left.join("latest")).unwrap();
    }

    /// Carries out a script in the repository, like a person or another CI system; returns its exit
    /// status and output.
    pub fn script(&self, script: &str) -> (i32, String) {
        let path =
            format!("{}:{}", self.path("programs").display(), std::env::var("PATH").unwrap());
        let output = Command::new("bash")
            .args(["--noprofile", "--norc", "-e", "-c", script])
            .current_dir(self.path("repository"))
            .env("PATH", path)
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(said).unwrap())
    }

    /// Keeps this run as the baseline for its version.
    pub fn keep(self, report: &Value) -> Night {
        let run = save(self.folder.path(), "base", report);
        let baseline = self.path("repository/ci/baselines/3.8.1/made.json");
        let output = Command::new(env!("CARGO_BIN_EXE_chaos"))
            .args([Path::new("baseline"), &run, Path::new("-o"), &baseline])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self
    }

    pub fn run(&self, shard: &str) -> Ended {
        let runner = Runner {
            workspace: self.path("repository"),
            programs: self.path("programs"),
            // Makes sure that nothing can be fetched or started.
            variables: vec![("CHAOS_CACHE_DIR", self.path("cache").into())],
            filled_in: vec![
                ("CHAOS_REPOSITORY", "somebody/kafka-chaos"),
                ("CHAOS_REF", if self.is_filled_in { "v0.1.0" } else { "FILL-IN" }),
                ("INCONCLUSIVE", self.inconclusive),
            ],
            inputs: Vec::new(),
        };
        runner.run(&workflow("nightly.yml"), &[("kafka", "3.8.1"), ("shard", shard)])
    }

    /// Demands this status of the job, and this line in its log.
    pub fn expect(&self, status: i32, line: &str) -> Ended {
        let ended = self.run("1/2");
        assert_eq!(ended.status, status, "{}", ended.log);
        assert!(ended.log.lines().any(|said| said == line), "no `{line}` in\n{}", ended.log);
        ended
    }
}
