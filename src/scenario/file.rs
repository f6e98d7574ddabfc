//! Reads a file's text, or says why it has none.

use crate::yaml::MOST_BYTES;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Why there is no text, and what to do.
pub(super) type NoText = (String, &'static str);

const NAME_ONE: &str = "name a scenario file, as in scenarios/*.yaml";
const SAVE_AS_UTF8: &str = "save it as UTF-8";

pub(super) fn read(path: &Path) -> Result<String, NoText> {
    if path.is_dir() {
        return Err((
            "cannot read the scenario: it is a folder".to_owned(),
            "name the files in it, as in `scenarios/*.yaml`",
        ));
    }
    let failed = |error: io::Error| (format!("cannot read the scenario: {error}"), NAME_ONE);
    text(&mut File::open(path).map_err(failed)?)
}

/// A reader's text. Reads a little more than the limit, to detect a file that is too large.
pub(super) fn text(from: &mut dyn Read) -> Result<String, NoText> {
    let mut bytes = Vec::new();
    from.take(MOST_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| (format!("cannot read the scenario: {error}"), NAME_ONE))?;
    if bytes.len() > MOST_BYTES {
        return Err((format!("the file is larger than {MOST_BYTES} bytes"), NAME_ONE));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(("the file is UTF-16".to_owned(), SAVE_AS_UTF8));
    }
    if let Some(zero) = bytes.iter().position(|byte| *byte == 0) {
        return Err((format!("the file is binary: byte {} is not text", zero + 1), NAME_ONE));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to() + 1;
        (format!("the file is not UTF-8 (byte {at})"), SAVE_AS_UTF8)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_told_in_words() {
        let said = |mut bytes: &[u8]| text(&mut bytes).map_err(|(message, _)| message);
        assert_eq!(said(b"name: x\n"), Ok("name: x\n".to_owned()));
        assert_eq!(said(b""), Ok(String::new()));
        for (bytes, expected) in [
            (b"\x7fELF\x02\x00".as_slice(), "the file is binary: byte 6 is not text"),
            (b"ab\xe9\n", "the file is not UTF-8 (byte 3)"),
            (b"\xff\xfen\x00", "the file is UTF-16"),
        ] {
            assert_eq!(said(bytes), Err(expected.to_owned()));
        }
        let latin1 = text(&mut b"summary: caf\xe9\n".as_slice()).unwrap_err();
        assert_eq!(latin1, ("the file is not UTF-8 (byte 13)".to_owned(), "save it as UTF-8"));
        let endless = text(&mut io::repeat(b'a')).unwrap_err();
        assert_eq!(endless.0, "the file is larger than 1048576 bytes");
        let folder = read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_err();
        assert_eq!(folder.0, "cannot read the scenario: it is a folder");
    }
}
