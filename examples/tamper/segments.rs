//! Cuts the files in which dead brokers keep a partition.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A batch begins with its base offset (8 bytes) and the length of what follows (4 bytes).
const HEADER_BYTES: usize = 12;

/// Cuts the last segment of each replica of a partition to half of its record batches, all at the
/// same place, and returns how many bytes each keeps.
pub fn cut(folder: &Path, topic: &str, partition: i32) -> Result<Vec<i64>, String> {
    let mut replicas = Vec::new();
    find(folder, &format!("{topic}-{partition}"), &mut replicas)
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    let segments = replicas.iter().map(|replica| last_segment(replica));
    let segments = segments.collect::<Result<Vec<PathBuf>, String>>()?;
    let batches = |segment: &PathBuf| {
        batch_ends(segment).map_err(|error| format!("{}: {error}", segment.display()))
    };
    let batches = segments.iter().map(batches).collect::<Result<Vec<Vec<u64>>, String>>()?;
    // Replicas are identical byte by byte, so one place is the same message in all of them.
    let shortest = batches.iter().min_by_key(|ends| ends.len()).ok_or("there is no replica")?;
    let keep = *shortest.get(shortest.len() / 2).ok_or("the shortest replica is empty")?;
    for segment in &segments {
        let cut = OpenOptions::new().write(true).open(segment).and_then(|file| file.set_len(keep));
        cut.map_err(|error| format!("{}: {error}", segment.display()))?;
    }
    Ok(vec![keep as i64; segments.len()])
}

/// Every folder of this name below another.
fn find(folder: &Path, name: &str, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && !path.is_symlink() {
            if path.file_name().is_some_and(|own| own == name) {
                found.push(path);
            } else {
                find(&path, name, found)?;
            }
        }
    }
    Ok(())
}

/// The active segment: files are named after their first offsets.
fn last_segment(replica: &Path) -> Result<PathBuf, String> {
    let error = |error: std::io::Error| format!("{}: {error}", replica.display());
    let entries = fs::read_dir(replica).map_err(error)?;
    let files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<PathBuf>, _>>();
    let logs = files
        .map_err(error)?
        .into_iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "log"));
    logs.max().ok_or(format!("{} has no segment", replica.display()))
}

/// Where each complete batch of a segment ends.
fn batch_ends(segment: &Path) -> std::io::Result<Vec<u64>> {
    let mut file = File::open(segment)?;
    let length = file.metadata()?.len();
    let (mut ends, mut at) = (Vec::new(), 0);
    loop {
        let mut header = [0; HEADER_BYTES];
        file.seek(SeekFrom::Start(at))?;
        match file.read_exact(&mut header) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(ends),
            Err(error) => return Err(error),
        }
        let [.., a, b, c, d] = header;
        at += HEADER_BYTES as u64 + u64::from(u32::from_be_bytes([a, b, c, d]));
        if at > length {
            return Ok(ends);
        }
        ends.push(at);
    }
}
