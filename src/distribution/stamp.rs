//! Size and time of each jar when its checksum matched, so that a later run need not read 45 MB
//! again. The JVM uses the same two to decide whether an archive still fits.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// One line per jar, in the given order: modification time in nanoseconds, bytes, file name.
pub(super) fn stamps(jars: &[PathBuf]) -> io::Result<String> {
    let mut text = String::new();
    for jar in jars {
        let meta = fs::metadata(jar)?;
        let name = jar.file_name().unwrap_or_default().to_string_lossy();
        text += &format!("{}.{:09} {} {name}\n", meta.mtime(), meta.mtime_nsec(), meta.len());
    }
    Ok(text)
}

/// The jars in a folder, sorted bytewise by name: the order decides which class wins, and an
/// archive is valid only for the order that it was made with.
pub(super) fn jars_in(libs: &Path) -> io::Result<Vec<PathBuf>> {
    let mut jars = Vec::new();
    for entry in fs::read_dir(libs)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "jar") {
            jars.push(path);
        }
    }
    jars.sort_by(|a, b| a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes()));
    Ok(jars)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::time::{Duration, SystemTime};

    #[test]
    fn jars_come_in_bytewise_order_and_nothing_else_comes() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.jar", "a.jar", "B.jar", "a-1.jar", "notes.txt", "jar"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let names: Vec<String> = jars_in(folder.path())
            .unwrap()
            .iter()
            .map(|jar| jar.file_name().unwrap().to_str().unwrap().to_owned())
            .collect();
        assert_eq!(names, ["B.jar", "a-1.jar", "a.jar", "b.jar"]);
    }

    #[test]
    fn a_stamp_changes_with_size_and_with_time() {
        let folder = tempfile::tempdir().unwrap();
        let jar = folder.path().join("a.jar");
        fs::write(&jar, "abc").unwrap();
        let jars = [jar.clone()];
        let first = stamps(&jars).unwrap();
        assert!(first.ends_with(" 3 a.jar\n"), "{first}");
        let later = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        File::options().write(true).open(&jar).unwrap().set_modified(later).unwrap();
        assert_eq!(stamps(&jars).unwrap(), "1.000000000 3 a.jar\n");
        fs::remove_file(&jar).unwrap();
        assert!(stamps(&jars).is_err());
    }
}
