//! [`Words`]: a file mapped into memory as 64-bit words that two processes share.
#![expect(
    unsafe_code,
    reason = "the conductor reads while the worker writes, so the words of the shared mapping \
              must be used as atomics, and safe Rust has no view of foreign memory as atomics"
)]

use memmap2::{MmapOptions, MmapRaw};
use std::fs::File;
use std::io;
use std::sync::atomic::AtomicU64;

/// A shared, writable mapping of a whole file, at the length that the file had.
pub(super) struct Words {
    map: MmapRaw,
    words: usize,
}

impl Words {
    /// Maps a file whose blocks are allocated (see `GrowingFile`), so that no store can hit a full
    /// disk. The mapping outlives the file handle. Readers map for writing too: in Rust, atomic
    /// loads stronger than relaxed are undefined on read-only pages. The file's length must be a
    /// positive multiple of eight.
    pub(super) fn map(file: &File) -> io::Result<Words> {
        let bytes = file.metadata()?.len();
        if bytes == 0 || bytes % 8 != 0 {
            let what = format!("{bytes} bytes are not a whole, positive number of 8-byte words");
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        let map = MmapOptions::new().len(bytes as usize).map_raw(file)?;
        Ok(Words { map, words: bytes as usize / 8 })
    }

    pub(super) fn len(&self) -> usize {
        self.words
    }

    /// Panics beyond the mapping, like a slice.
    #[inline]
    pub(super) fn word(&self, index: usize) -> &AtomicU64 {
        assert!(index < self.words, "word {index} of {}", self.words);
        let address = self.map.as_mut_ptr().cast::<u64>().wrapping_add(index);
        // SAFETY: the index was checked, so the eight bytes lie in the mapping, which starts on a
        // page and lives as long as `self`: they are aligned, readable and writable. All access to
        // the mapping, in both processes, goes through this function and so is atomic. The files
        // only grow; if somebody else shortened one, the kernel would end the process with SIGBUS,
        // and no memory would be misread.
        unsafe { AtomicU64::from_ptr(address) }
    }
}
