//! The recipe: the files of `compose/image`, compiled in, and the checksum over everything that an
//! image is made from.

use super::tools::Jdk;
use crate::runtime::RuntimeError;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Label: the version of Kafka inside.
pub const VERSION_LABEL: &str = "chaos.kafka.version";
/// Label: the checksum over everything that the image was made from.
pub const RECIPE_LABEL: &str = "chaos.recipe";

/// A file of the build context.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecipeFile {
    /// Path in the context.
    pub path: &'static str,
    pub executable: bool,
    pub text: &'static str,
}

macro_rules! image_file {
    ($path:literal, $executable:literal) => {
        RecipeFile {
            path: $path,
            executable: $executable,
            text: include_str!(concat!("../../compose/image/", $path)),
        }
    };
}

/// The context beside the operating system and the jars.
pub(super) const FILES: [RecipeFile; 9] = [
    image_file!("Dockerfile", false),
    image_file!("bin/kafka-run-class.sh", true),
    image_file!("config/server.properties.original", false),
    image_file!("scripts/entrypoint.sh", true),
    image_file!("scripts/env2properties.awk", false),
    image_file!("scripts/run.sh", true),
    image_file!("scripts/warm-up.sh", true),
    // Brokers log like those of the local runtime, whichever backend their version has.
    RecipeFile {
        path: "config/log4j.properties",
        executable: false,
        text: include_str!("../distribution/log4j.properties"),
    },
    RecipeFile {
        path: "config/log4j2.properties",
        executable: false,
        text: include_str!("../distribution/log4j2.properties"),
    },
];

/// Lays out the operating system, on this machine.
pub(super) const LAYOUT: &str = include_str!("../../compose/image/layout.sh");

/// The default name of an image: `chaos-kafka:3.8.1`.
pub(super) fn default_reference(version: &str) -> String {
    format!("chaos-kafka:{version}")
}

/// A checksum over recipe, jars and JDK, in hexadecimal.
pub(super) fn sum(jars: &[PathBuf], jdk: &Jdk) -> Result<String, RuntimeError> {
    let mut hasher = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(LAYOUT.as_bytes());
    for file in FILES {
        part(file.path.as_bytes());
        part(file.text.as_bytes());
    }
    part(jdk.version.as_bytes());
    for jar in jars {
        let sum = sum_of(jar)
            .map_err(|e| RuntimeError::io(format!("cannot read {}", jar.display()), e))?;
        part(jar.file_name().unwrap_or_default().as_encoded_bytes());
        part(&sum);
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn sum_of(jar: &Path) -> io::Result<Vec<u8>> {
    struct Sink(Sha256);
    impl io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut sink = Sink(Sha256::new());
    io::copy(&mut File::open(jar)?, &mut sink)?;
    Ok(sink.0.finalize().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn jdk(version: &str) -> Jdk {
        Jdk { home: "/jdk".into(), version: version.into() }
    }

    #[test]
    fn the_sum_follows_the_jars_and_the_jdk_and_not_their_places() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let jar = |folder: &tempfile::TempDir, name: &str, content: &str| {
            fs::write(folder.path().join(name), content).unwrap();
            folder.path().join(name)
        };
        let first = sum(&[jar(&here, "a.jar", "a")], &jdk("17.0.1")).unwrap();
        assert_eq!(first.len(), 64);
        assert_eq!(first, sum(&[jar(&there, "a.jar", "a")], &jdk("17.0.1")).unwrap());
        assert_ne!(first, sum(&[jar(&here, "a.jar", "b")], &jdk("17.0.1")).unwrap());
        assert_ne!(first, sum(&[jar(&here, "b.jar", "a")], &jdk("17.0.1")).unwrap());
        assert_ne!(first, sum(&[jar(&there, "a.jar", "a")], &jdk("17.0.2")).unwrap());
        let gone = sum(&["/nowhere/a.jar".into()], &jdk("17.0.1")).unwrap_err();
        assert!(gone.to_string().contains("/nowhere/a.jar"), "{gone}");
    }

    #[test]
    fn every_file_that_the_image_copies_is_in_the_recipe() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("compose/image");
        for place in ["bin", "config", "scripts"] {
            for entry in fs::read_dir(folder.join(place)).unwrap() {
                let path = entry.unwrap().path();
                let name = format!("{place}/{}", path.file_name().unwrap().to_str().unwrap());
                let file = FILES.iter().find(|file| file.path == name);
                let file = file.unwrap_or_else(|| panic!("{name} is not in FILES"));
                assert_eq!(file.executable, name.ends_with(".sh"), "{name}");
                assert_eq!(file.executable, file.text.starts_with("#!/bin/sh\n"), "{name}");
            }
        }
    }
}
