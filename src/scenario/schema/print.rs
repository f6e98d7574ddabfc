//! Prints the schema for people to read: [`printed`].

use serde_json::Value;

/// What fits this width is on one line.
const COLUMNS: usize = 100;

/// JSON with each value on one line if it fits.
pub fn printed(value: &Value) -> String {
    let mut text = String::new();
    print(&mut text, value, 0);
    text + "\n"
}

fn print(text: &mut String, value: &Value, indent: usize) {
    let line = on_one_line(value);
    let column = text.len() - text.rfind('\n').map_or(0, |end| end + 1);
    // A comma may follow it.
    let fits = column + line.chars().count() < COLUMNS;
    match value {
        Value::Object(entries) if !fits => {
            let entries = entries.iter().map(|(key, value)| (Some(key.as_str()), value));
            broken(text, ["{", "}"], entries, indent);
        }
        Value::Array(items) if !fits => {
            broken(text, ["[", "]"], items.iter().map(|item| (None, item)), indent);
        }
        _ => text.push_str(&line),
    }
}

/// Each entry begins a line.
fn broken<'v>(
    text: &mut String,
    [open, close]: [&str; 2],
    entries: impl Iterator<Item = (Option<&'v str>, &'v Value)>,
    indent: usize,
) {
    let inner = indent + 2;
    text.push_str(open);
    for (number, (key, value)) in entries.enumerate() {
        text.push_str(if number > 0 { ",\n" } else { "\n" });
        text.push_str(&" ".repeat(inner));
        if let Some(key) = key {
            text.push_str(&format!("{}: ", Value::from(key)));
        }
        print(text, value, inner);
    }
    text.push_str(&format!("\n{}{close}", " ".repeat(indent)));
}

fn on_one_line(value: &Value) -> String {
    match value {
        Value::Object(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(key, value)| {
                format!("{}: {}", Value::from(key.as_str()), on_one_line(value))
            });
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(on_one_line).collect::<Vec<_>>().join(", "))
        }
        single => single.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_fits_stands_on_one_line_and_all_of_it_is_the_same_value() {
        let value = json!({
            "list": ["a", 1, null, {}],
            "text": "a \"b\" \u{e9} ".repeat(20),
            "map": { "key": "v".repeat(60), "other": ["w".repeat(90), []] },
        });
        let text = printed(&value);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        assert!(text.starts_with("{\n  \"list\": [\"a\", 1, null, {}],\n  \"map\": {\n"), "{text}");
        assert_eq!(text.lines().count(), 11, "{text}");
        assert_eq!(printed(&json!({ "a": [] })), "{\"a\": []}\n");
    }
}
