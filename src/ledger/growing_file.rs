//! [`GrowingFile`]: a file of words that grows, chunk by chunk, while it is written.

use super::error::{LedgerError, at};
use super::map::Words;
use nix::fcntl::posix_fallocate;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;

/// One writer's view of a growing file. It keeps no file handle, so the limit on open files does
/// not bound the number of partitions.
pub(super) struct GrowingFile {
    path: PathBuf,
    chunk_words: usize,
    words: Option<Words>,
    len: usize,
}

impl GrowingFile {
    /// Fails if the file exists.
    pub(super) fn create(path: PathBuf, chunk_words: usize) -> io::Result<GrowingFile> {
        create(&path)?;
        Ok(GrowingFile { path, chunk_words, words: None, len: 0 })
    }

    /// Makes sure that a word exists. Blocks are allocated before they are mapped: on a full disk
    /// this returns an error, where a store into a sparse file would raise SIGBUS. Changes nothing
    /// if it fails.
    #[inline]
    pub(super) fn ensure(&mut self, index: usize) -> io::Result<()> {
        if index < self.len { Ok(()) } else { self.grow(index) }
    }

    #[cold]
    fn grow(&mut self, index: usize) -> io::Result<()> {
        let words = (index / self.chunk_words + 1) * self.chunk_words;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&self.path)
            .map_err(at("open", &self.path))?;
        allocate(&file, &self.path, self.len as u64 * 8, words as u64 * 8)?;
        // The old mapping goes; its stores are in the page cache, like those of the new one.
        let mapped = Words::map(&file).map_err(at("map", &self.path))?;
        self.len = mapped.len();
        self.words = Some(mapped);
        Ok(())
    }

    /// A word that [`GrowingFile::ensure`] has made.
    #[inline]
    pub(super) fn word(&self, index: usize) -> &AtomicU64 {
        let words = self.words.as_ref().expect("ensure() was called for this word before");
        words.word(index)
    }

    /// Whether a word exists yet; a missing one counts as zero.
    pub(super) fn has(&self, index: usize) -> bool {
        index < self.len
    }
}

/// Creates a new file for writing and mapping.
pub(super) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(at("create", path))
}

/// Allocates a file's blocks between two sizes, as zeros.
pub(super) fn allocate(file: &File, path: &Path, from: u64, to: u64) -> io::Result<()> {
    posix_fallocate(file, from as i64, (to - from) as i64).map_err(|errno| {
        let source = io::Error::from(errno);
        LedgerError::NoRoom { path: path.to_owned(), bytes: to, source }.into()
    })
}

/// Maps a file as it is now, for reading; `None` if it is empty.
pub(super) fn read(path: &Path) -> io::Result<Option<Words>> {
    let file = OpenOptions::new().read(true).write(true).open(path).map_err(at("open", path))?;
    if file.metadata().map_err(at("read the size of", path))?.len() == 0 {
        return Ok(None);
    }
    Words::map(&file).map(Some).map_err(at("map", path))
}
