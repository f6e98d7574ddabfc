//! The build context: one tar archive, streamed to the daemon as it is made, so it needs neither
//! memory nor disk.

use super::recipe;
use bytes::Bytes;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use tar::{Builder, Header};

const PIECE_BYTES: usize = 256 << 10;
/// How many pieces may wait for the daemon.
const PIECES_MAX: usize = 16;

/// A piece of the archive, or the error that ended it.
pub(super) type Piece = io::Result<Bytes>;

/// Starts a thread that writes the context: the operating system in `os` and these jars. It ends
/// when everything was received, or when the receiver is gone.
pub(super) fn send(
    os: PathBuf,
    jars: Vec<PathBuf>,
) -> io::Result<(Receiver<Piece>, JoinHandle<()>)> {
    let (sender, pieces) = sync_channel(PIECES_MAX);
    let thread = thread::Builder::new().name("context".into()).spawn(move || {
        let to_daemon = BufWriter::with_capacity(PIECE_BYTES, Sender(sender.clone()));
        if let Err(error) = write(to_daemon, &os, &jars) {
            // Without a receiver, the other side has already reported why.
            drop(sender.send(Err(error)));
        }
    })?;
    Ok((pieces, thread))
}

struct Sender(SyncSender<Piece>);

impl Write for Sender {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Bytes::copy_from_slice(bytes);
        self.0.send(Ok(piece)).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write(to: impl Write, os: &Path, jars: &[PathBuf]) -> io::Result<()> {
    let mut tar = Builder::new(to);
    for file in recipe::FILES {
        let mut header = Header::new_gnu();
        header.set_size(file.text.len() as u64);
        header.set_mode(if file.executable { 0o755 } else { 0o644 });
        tar.append_data(&mut header, file.path, file.text.as_bytes())?;
    }
    for jar in jars {
        let named = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", jar.display()));
        let file = File::open(jar).map_err(named)?;
        let mut header = Header::new_gnu();
        header.set_metadata(&file.metadata().map_err(named)?);
        // The cache may be private to its owner; in the image the broker must read it.
        header.set_mode(0o644);
        let name = Path::new("libs").join(jar.file_name().unwrap_or_default());
        tar.append_data(&mut header, name, file).map_err(named)?;
    }
    tar.follow_symlinks(false);
    tar.append_dir_all("os", os)?;
    tar.into_inner()?.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn the_context_holds_recipe_jars_and_system_with_modes_that_a_broker_can_use() {
        let folder = tempfile::tempdir().unwrap();
        let jar = folder.path().join("a.jar");
        fs::write(&jar, vec![7; 3 * PIECE_BYTES]).unwrap();
        fs::set_permissions(&jar, fs::Permissions::from_mode(0o600)).unwrap();
        let os = folder.path().join("layout");
        fs::create_dir_all(os.join("bin")).unwrap();
        symlink("/opt/java/bin/java", os.join("bin/java")).unwrap();

        let (pieces, thread) = send(os, vec![jar]).unwrap();
        let bytes: Vec<u8> = pieces.iter().flat_map(Result::unwrap).collect();
        thread.join().unwrap();
        let mut archive = tar::Archive::new(bytes.as_slice());
        let entries: BTreeMap<String, Header> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                (entry.path().unwrap().to_str().unwrap().to_owned(), entry.header().clone())
            })
            .collect();
        assert_eq!(entries["libs/a.jar"].mode().unwrap(), 0o644);
        assert_eq!(entries["libs/a.jar"].size().unwrap(), 3 * PIECE_BYTES as u64);
        assert_ne!(entries["libs/a.jar"].mtime().unwrap(), 0);
        assert_eq!(entries["scripts/entrypoint.sh"].mode().unwrap(), 0o755);
        assert_eq!(entries["Dockerfile"].mode().unwrap(), 0o644);
        let link = entries["os/bin/java"].link_name().unwrap().unwrap().into_owned();
        assert_eq!(link, Path::new("/opt/java/bin/java"));
    }

    #[test]
    fn a_jar_that_is_gone_arrives_as_an_error_with_its_name() {
        let os = tempfile::tempdir().unwrap();
        let (pieces, thread) = send(os.path().into(), vec!["/nowhere/a.jar".into()]).unwrap();
        let error = pieces.iter().find_map(Result::err).unwrap();
        assert!(error.to_string().contains("/nowhere/a.jar"), "{error}");
        thread.join().unwrap();
    }

    #[test]
    fn nobody_listening_ends_the_thread() {
        let folder = tempfile::tempdir().unwrap();
        let jar = folder.path().join("a.jar");
        fs::write(&jar, vec![7; 2 * PIECES_MAX * PIECE_BYTES]).unwrap();
        let (pieces, thread) = send(folder.path().into(), vec![jar]).unwrap();
        drop(pieces);
        thread.join().unwrap();
    }
}
