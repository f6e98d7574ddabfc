//! `report.json`: each list item is on its own line, so that it is small, and line-based tools can
//! show a part or a difference.

use super::environment;
use crate::result::Report;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use std::io::{self, Write};

pub(super) fn write_json(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let report = Report { about: environment::about(report), ..report.clone() };
    report.serialize(&mut Serializer::with_formatter(&mut *out, Lines::default()))?;
    out.write_all(b"\n")
}

/// Line breaks down to this depth: the report's own keys, and the items of its lists.
const BROKEN: usize = 2;

/// A formatter that breaks lines at the outer levels only.
#[derive(Debug, Default)]
struct Lines {
    depth: usize,
    /// Whether the current list or map has an item; outer levels only.
    filled: [bool; BROKEN],
}

impl Lines {
    fn open<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        if let Some(filled) = self.filled.get_mut(self.depth) {
            *filled = false;
        }
        self.depth += 1;
        writer.write_all(bracket)
    }

    fn item<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        if let Some(filled) = self.filled.get_mut(self.depth - 1) {
            *filled = true;
            writer.write_all(b"\n")?;
            writer.write_all(&b"    "[..self.depth])?;
        }
        Ok(())
    }

    fn close<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.filled.get(self.depth).is_some_and(|filled| *filled) {
            writer.write_all(b"\n")?;
            writer.write_all(&b"    "[..self.depth])?;
        }
        writer.write_all(bracket)
    }
}

impl Formatter for Lines {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, w: &mut W, first: bool) -> io::Result<()> {
        self.item(w, first)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, w: &mut W, first: bool) -> io::Result<()> {
        self.item(w, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_of_a_list_is_a_line() {
        let value = serde_json::json!({
            "a": [{"x": [1, 2]}, {"y": {}}], "b": [], "c": {"d": {"e": "f"}, "g": 1}, "h": null,
        });
        let mut out = Vec::new();
        value.serialize(&mut Serializer::with_formatter(&mut out, Lines::default())).unwrap();
        let text = String::from_utf8(out).unwrap();
        let expected = "{\n \"a\": [\n  {\"x\": [1,2]},\n  {\"y\": {}}\n ],\n \"b\": [],\n \"c\": {\n  \
                        \"d\": {\"e\": \"f\"},\n  \"g\": 1\n },\n \"h\": null\n}";
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
