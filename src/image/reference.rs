//! Image names as a person may give them.

/// Accepts `name:tag` if the daemon would.
pub(crate) fn parse_reference(text: &str) -> Result<String, String> {
    let after_folder = text.rfind('/').map_or(0, |slash| slash + 1);
    let (name, tag) = match text[after_folder..].rfind(':') {
        Some(colon) => (&text[..after_folder + colon], &text[after_folder + colon + 1..]),
        None => return Err(format!("it has no tag: write {text}:TAG")),
    };
    let is_name = !name.is_empty()
        && name.split('/').all(|part| {
            part.starts_with(|c: char| c.is_ascii_alphanumeric())
                && part.chars().all(|c| {
                    c.is_ascii_lowercase()
                        || c.is_ascii_digit()
                        || matches!(c, '.' | '_' | '-' | ':')
                })
        });
    if !is_name {
        return Err(format!(
            "{name:?} is not a valid image name: use lower-case letters, digits and . _ - only"
        ));
    }
    let is_tag = !tag.is_empty()
        && tag.len() <= 128
        && !tag.starts_with(['.', '-'])
        && tag.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if !is_tag {
        return Err(format!("{tag:?} is not a valid tag: use letters, digits and . _ - only"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse_reference;

    #[test]
    fn names_with_tags_are_taken_and_others_told_why_not() {
        for good in ["chaos-kafka:3.8.1", "a/b_c:1", "127.0.0.1:5000/kafka:Latest"] {
            assert_eq!(parse_reference(good).unwrap(), good);
        }
        for (bad, why) in [
            ("kafka", "no tag"),
            ("127.0.0.1:5000/kafka", "no tag"),
            ("Kafka:1", "not a valid image name"),
            (":1", "not a valid image name"),
            ("a//b:1", "not a valid image name"),
            ("kafka:", "not a valid tag"),
            ("kafka:a b", "not a valid tag"),
        ] {
            let error = parse_reference(bad).unwrap_err();
            assert!(error.contains(why), "{bad}: {error}");
        }
    }
}
