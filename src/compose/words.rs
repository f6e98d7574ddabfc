//! Values in one word: command lines, memory sizes, and `key=value`.

/// Splits a command line as a shell would, without substitutions. `None`: a quote is not closed.
pub(super) fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '"' => break,
                        '\\' => match chars.next()? {
                            '\n' => {}
                            c @ ('"' | '\\' | '$' | '`') => word.push(c),
                            c => word.extend(['\\', c]),
                        },
                        c => word.push(c),
                    }
                }
            }
            '\\' => match chars.next()? {
                '\n' => {}
                c => word.get_or_insert_default().push(c),
            },
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

/// Bytes of `512m`, `1g`, `1.5gb`, `1048576`.
pub(super) fn bytes(text: &str) -> Option<i64> {
    let text = text.trim().to_ascii_lowercase();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor: f64 = match unit.trim() {
        "" | "b" => 1.0,
        "k" | "kb" => 1024.0,
        "m" | "mb" => 1024.0 * 1024.0,
        "g" | "gb" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    let bytes = number.parse::<f64>().ok()? * factor;
    // More than a million gigabytes is a mistake.
    (1.0..1e15).contains(&bytes).then_some(bytes as i64)
}

/// Whether a name can be part of a container's, volume's or network's name.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_are_split_as_the_shell_does() {
        let words = |line: &str| split(line).map(|words| words.join("|"));
        for (line, expected) in [
            ("", Some("")),
            ("  a  b ", Some("a|b")),
            ("sh -c 'a \"b\" c'", Some("sh|-c|a \"b\" c")),
            (r#"a "b \"c\" \d $e" f"#, Some(r#"a|b "c" \d $e|f"#)),
            (r"a\ b c\\d", Some(r"a b|c\d")),
            ("a'b'\"c\"d", Some("abcd")),
            ("a '' b", Some("a||b")),
            ("a\n  b", Some("a|b")),
            ("a 'b", None),
            ("a \"b", None),
            ("a \\", None),
        ] {
            assert_eq!(words(line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn sizes_have_binary_units() {
        for (text, expected) in [
            ("1048576", Some(1 << 20)),
            ("512m", Some(512 << 20)),
            ("512MB", Some(512 << 20)),
            ("1.5g", Some(3 << 29)),
            ("2 k", Some(2048)),
            ("64b", Some(64)),
            ("0", None),
            ("m", None),
            ("1.2.3", None),
            ("-1m", None),
            ("1t", None),
            ("99999999g", None),
        ] {
            assert_eq!(bytes(text), expected, "{text}");
        }
    }
}
