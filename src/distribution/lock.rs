//! [`Lock`]: the jars of a version, by name, size and SHA-256.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// A jar differs from the list, or the list cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("line {line} of the list of jars is not `SHA-256 BYTES NAME.jar`: {text:?}")]
    Malformed {
        /// From 1.
        line: usize,
        text: String,
    },
    /// A listed jar is missing.
    #[error("{jar} is missing")]
    Missing { jar: String },
    /// A jar is not in the list.
    #[error("{jar} is not in the list of this version's jars")]
    Unexpected { jar: String },
    /// A jar has other content.
    #[error(
        "{jar} is not the jar of the release:\n    expected SHA-256 {expected} ({expected_bytes} \
         bytes)\n    found    SHA-256 {found} ({found_bytes} bytes)"
    )]
    Mismatch { jar: String, expected: String, expected_bytes: u64, found: String, found_bytes: u64 },
    #[error("{jar}: {source}")]
    Io {
        /// File name, or the folder.
        jar: String,
        source: io::Error,
    },
}

#[derive(Debug, PartialEq, Eq)]
struct Sum {
    sha256: String,
    bytes: u64,
}

/// A version's jars with their checksums.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lock {
    sums: BTreeMap<String, Sum>,
}

impl Lock {
    /// Reads a list: one jar per line; `#` begins a comment line.
    pub(super) fn parse(text: &str) -> Result<Lock, LockError> {
        let mut sums = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let parsed = parse_line(line).filter(|(name, _)| !sums.contains_key(name));
            let Some((name, sum)) = parsed else {
                return Err(LockError::Malformed { line: index + 1, text: line.to_owned() });
            };
            sums.insert(name, sum);
        }
        Ok(Lock { sums })
    }

    /// File names, sorted bytewise.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.sums.keys().map(String::as_str)
    }

    /// Bytes of all jars.
    pub(super) fn bytes(&self) -> u64 {
        self.sums.values().map(|sum| sum.bytes).sum()
    }

    /// Bytes of a jar, 0 for one that is not in the list.
    pub(super) fn bytes_of(&self, name: &str) -> u64 {
        self.sums.get(name).map_or(0, |sum| sum.bytes)
    }

    /// Compares the jars in `libs` with the list: all of them, and no others.
    pub(super) fn check(&self, libs: &Path) -> Result<(), LockError> {
        let folder = |source| LockError::Io { jar: libs.display().to_string(), source };
        for entry in fs::read_dir(libs).map_err(folder)? {
            let name = entry.map_err(folder)?.file_name().to_string_lossy().into_owned();
            if name.ends_with(".jar") && !self.sums.contains_key(&name) {
                return Err(LockError::Unexpected { jar: name });
            }
        }
        for (jar, expected) in &self.sums {
            let found = sum_of(&libs.join(jar)).map_err(|source| match source.kind() {
                io::ErrorKind::NotFound => LockError::Missing { jar: jar.clone() },
                _ => LockError::Io { jar: jar.clone(), source },
            })?;
            if found != *expected {
                return Err(LockError::Mismatch {
                    jar: jar.clone(),
                    expected: expected.sha256.clone(),
                    expected_bytes: expected.bytes,
                    found: found.sha256,
                    found_bytes: found.bytes,
                });
            }
        }
        Ok(())
    }
}

fn parse_line(line: &str) -> Option<(String, Sum)> {
    let mut words = line.split(' ');
    let (sha256, bytes, name) = (words.next()?, words.next()?, words.next()?);
    let is_sum =
        sha256.len() == 64 && sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_name = name.len() > ".jar".len() && name.ends_with(".jar") && !name.contains('/');
    let rest = words.next();
    let sum = Sum { sha256: sha256.to_owned(), bytes: bytes.parse().ok()? };
    (is_sum && is_name && rest.is_none()).then(|| (name.to_owned(), sum))
}

fn sum_of(path: &Path) -> io::Result<Sum> {
    let mut hasher = HashWriter(Sha256::new());
    let bytes = io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok(Sum { sha256: hex(&hasher.0.finalize()), bytes })
}

struct HashWriter(Sha256);

impl io::Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first `digits` hexadecimal digits of the SHA-256 of these parts and their lengths: a short
/// name for everything that a cached thing was made from.
pub(super) fn short_sum(parts: &[&str], digits: usize) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut sum = hex(&hasher.finalize());
    sum.truncate(digits);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    // The SHA-256 of "abc", from FIPS 180.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn libs(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            fs::write(folder.path().join(name), content).unwrap();
        }
        folder
    }

    #[test]
    fn a_jar_that_is_what_the_list_says_passes() {
        let lock = Lock::parse(&format!("# comment\n\n{ABC} 3 a.jar\n")).unwrap();
        lock.check(libs(&[("a.jar", "abc")]).path()).unwrap();
    }

    #[test]
    fn a_changed_jar_is_named_with_both_sums() {
        let lock = Lock::parse(&format!("{ABC} 3 a.jar\n")).unwrap();
        let text = lock.check(libs(&[("a.jar", "abd")]).path()).unwrap_err().to_string();
        assert!(text.starts_with("a.jar "), "{text}");
        assert!(text.contains(ABC), "{text}");
        let found = "a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9";
        assert!(text.contains(found), "{text}");
    }

    #[test]
    fn a_missing_and_an_extra_jar_are_named() {
        let lock = Lock::parse(&format!("{ABC} 3 a.jar\n")).unwrap();
        let missing = lock.check(libs(&[]).path()).unwrap_err();
        assert!(matches!(missing, LockError::Missing { jar } if jar == "a.jar"));
        let extra = lock.check(libs(&[("a.jar", "abc"), ("b.jar", "abc")]).path()).unwrap_err();
        assert!(matches!(extra, LockError::Unexpected { jar } if jar == "b.jar"));
    }

    #[test]
    fn a_malformed_line_is_named() {
        for line in [
            "abc 3 a.jar".to_owned(),
            format!("{ABC} 3"),
            format!("{ABC} three a.jar"),
            format!("{ABC} 3 a.zip"),
            format!("{ABC} 3 ../a.jar"),
            format!("{ABC} 3 a.jar more"),
            format!("{} 3 a.jar", ABC.to_uppercase()),
        ] {
            let error = Lock::parse(&format!("# first\n{line}\n")).unwrap_err();
            assert!(matches!(error, LockError::Malformed { line: 2, .. }), "{line}");
        }
        let twice = format!("{ABC} 3 a.jar\n{ABC} 3 a.jar\n");
        assert!(matches!(Lock::parse(&twice), Err(LockError::Malformed { line: 2, .. })));
    }

    #[test]
    fn a_short_sum_tells_where_one_part_ends() {
        assert_eq!(short_sum(&["a", "b"], 8).len(), 8);
        assert_ne!(short_sum(&["ab", "c"], 8), short_sum(&["a", "bc"], 8));
    }
}
