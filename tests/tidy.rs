//! Checks the tree itself: sizes, headers, leftovers, and where `unsafe` and printing may stand.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::fs;
use std::path::{Path, PathBuf};

const FILE_BYTES_MAX: usize = 25 * 1024;
const FUNCTION_LINES_MAX: usize = 100;
/// Where each `unsafe` block is argued for.
const UNSAFE: [&str; 3] = ["src/runtime/local/namespace.rs", "src/ledger/map.rs", "src/native/"];
/// Standard output and standard error belong to these.
const PRINTING: [&str; 3] = ["src/cli/", "src/report/", "src/main.rs"];
const TEXT: [&str; 11] =
    ["rs", "md", "toml", "yaml", "yml", "sh", "xml", "properties", "html", "css", "editorconfig"];
/// Made by cargo, git and the tool; and what stands here as others published it.
const SKIPPED_FOLDERS: [&str; 4] = ["target", ".git", "chaos-out", "uplot"];

/// A rule gives a line for each thing that it finds wrong with the file at this path.
type Rule = fn(&str, &str) -> Vec<String>;

fn is_rust(path: &str) -> bool {
    path.ends_with(".rs")
}

fn size(path: &str, text: &str) -> Vec<String> {
    let too_big = is_rust(path) && text.len() > FILE_BYTES_MAX;
    too_big.then(|| format!("{} bytes, at most {FILE_BYTES_MAX}", text.len())).into_iter().collect()
}

fn header(path: &str, text: &str) -> Vec<String> {
    let missing = is_rust(path) && !text.starts_with("//! ");
    missing.then(|| "does not open with `//! `".to_owned()).into_iter().collect()
}

/// A function ends at the brace that stands as deep as its `fn`: rustfmt puts it there.
fn function_length(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<(usize, usize, &str)> = None;
    for (number, line) in text.lines().enumerate().filter(|_| is_rust(path)) {
        let depth = line.len() - line.trim_start().len();
        match open {
            None if is_function(line) && !line.ends_with([';', '}']) => {
                open = Some((number, depth, line.trim()));
            }
            Some((first, at, name)) if depth == at && line.trim() == "}" => {
                let lines = number - first + 1;
                if lines > FUNCTION_LINES_MAX {
                    found.push(format!("line {}: {lines} lines: {name}", first + 1));
                }
                open = None;
            }
            // A declaration without a body, over several lines.
            Some((_, at, _)) if depth == at && line.ends_with(';') => open = None,
            _ => {}
        }
    }
    found
}

fn is_function(line: &str) -> bool {
    let mut words = line.split_whitespace().skip_while(|word| {
        matches!(*word, "pub" | "const" | "async" | "unsafe" | "extern" | "\"C\"")
            || word.starts_with("pub(")
    });
    words.next() == Some("fn")
}

/// Lines with any of these fragments.
fn lines_with(text: &str, fragments: &[&str]) -> Vec<String> {
    let lines = text.lines().enumerate();
    let bad = lines.filter(|(_, line)| fragments.iter().any(|fragment| line.contains(fragment)));
    bad.map(|(number, line)| format!("line {}: {}", number + 1, line.trim())).collect()
}

/// Fragments are joined here from halves, so that this file keeps its own rules.
fn leftovers(path: &str, text: &str) -> Vec<String> {
    const UNFINISHED: [&str; 5] = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("db", "g!("),
        concat!("#[ig", "nore"),
        concat!("[al", "low("),
    ];
    if is_rust(path) { lines_with(text, &UNFINISHED) } else { Vec::new() }
}

fn printing(path: &str, text: &str) -> Vec<String> {
    let may = !path.starts_with("src/") || PRINTING.iter().any(|place| path.starts_with(place));
    // "eprintln!(" and "eprint!(" end with the other two.
    if may { Vec::new() } else { lines_with(text, &["println!(", "print!("]) }
}

fn no_unsafe(path: &str, text: &str) -> Vec<String> {
    const FORMS: [&str; 5] = [
        concat!("unsa", "fe {"),
        concat!("unsa", "fe fn "),
        concat!("unsa", "fe impl "),
        concat!("unsa", "fe extern "),
        concat!("expect(unsa", "fe_code"),
    ];
    let may = !is_rust(path) || UNSAFE.iter().any(|place| path.starts_with(place));
    if may { Vec::new() } else { lines_with(text, &FORMS) }
}

fn white_space(_: &str, text: &str) -> Vec<String> {
    let lines = text.lines().enumerate();
    let bad = lines.filter(|(_, line)| line.contains(['\t', '\r']) || line.ends_with(' '));
    let mut found: Vec<String> = bad
        .map(|(number, _)| format!("line {}: a tab, or white space at its end", number + 1))
        .collect();
    if !text.is_empty() && (!text.ends_with('\n') || text.ends_with("\n\n")) {
        found.push("does not end with exactly one line break".into());
    }
    found
}

const RULES: [Rule; 7] =
    [size, header, function_length, leftovers, printing, no_unsafe, white_space];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !path.is_symlink() {
            if !SKIPPED_FOLDERS.contains(&name) {
                collect(&path, files);
            }
        } else if path.is_file() {
            files.push(path);
        }
    }
}

fn is_text(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_str().unwrap());
    extension.map_or_else(|| is_script(path), |extension| TEXT.contains(&extension))
}

fn is_script(path: &Path) -> bool {
    fs::read(path).unwrap().starts_with(b"#!")
}

#[test]
fn the_tree_is_tidy() {
    let mut files = Vec::new();
    collect(root(), &mut files);
    files.retain(|path| is_text(path));
    assert!(files.len() > 30, "only {} files found in {}", files.len(), root().display());
    let mut found = Vec::new();
    for file in &files {
        let path = file.strip_prefix(root()).unwrap().to_str().unwrap();
        let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{path}: {e}"));
        for rule in RULES {
            found.extend(rule(path, &text).into_iter().map(|what| format!("{path}: {what}")));
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn both_licences_are_there() {
    let read = |name: &str| fs::read_to_string(root().join(name)).unwrap();
    assert!(read("LICENSE-MIT").contains("Permission is hereby granted, free of charge"));
    assert!(read("LICENSE-APACHE").contains("END OF TERMS AND CONDITIONS"));
    assert!(read("Cargo.toml").contains("license = \"MIT OR Apache-2.0\""));
}

#[test]
fn each_rule_bites_and_spares_what_is_right() {
    let long = format!("fn f() {{\n{}}}\n", "    call();\n".repeat(FUNCTION_LINES_MAX - 1));
    let longest = format!("fn f() {{\n{}}}\n", "    call();\n".repeat(FUNCTION_LINES_MAX - 2));
    let inner = format!(
        "impl A {{\n    pub(crate) const fn f(\n        a: u8,\n    ) {{\n{}    }}\n}}\n",
        "        call();\n".repeat(100)
    );
    let big = "//! \n".repeat(FILE_BYTES_MAX / 4);
    let cases: &[(Rule, &str, &str, &str, &str)] = &[
        (size, "src/a.rs", &big, "src/a.rs", "//! Small.\n"),
        (size, "tests/a.rs", &big, "docs/a.md", &big),
        (header, "src/a.rs", "use b;\n", "src/a.rs", "//! A.\n"),
        (function_length, "src/a.rs", &long, "src/a.rs", &longest),
        (function_length, "src/a.rs", &inner, "src/a.rs", "fn a();\nfn b() {}\n"),
        (leftovers, "src/a.rs", concat!("to", "do!()\n"), "src/a.rs", "let todo = 1;\n"),
        (leftovers, "src/a.rs", concat!("#[al", "low(dead_code)]\n"), "src/a.rs", "#[expect(a)]\n"),
        (
            leftovers,
            "tests/a.rs",
            concat!("#[ig", "nore]\n"),
            "docs/a.md",
            concat!("#[ig", "nore]\n"),
        ),
        (printing, "src/plan/a.rs", "    eprintln!(\"\");\n", "src/cli/a.rs", "println!(\"\");\n"),
        (printing, "src/plan/a.rs", "print!(\"\");\n", "src/main.rs", "print!(\"\");\n"),
        (
            no_unsafe,
            "src/a.rs",
            concat!("unsa", "fe { f() }\n"),
            "src/ledger/map.rs",
            concat!("unsa", "fe { f() }\n"),
        ),
        (
            no_unsafe,
            "src/a.rs",
            concat!("unsa", "fe impl Send for A {}\n"),
            "src/a.rs",
            "// It is unsafe to go.\n",
        ),
        (white_space, "docs/a.md", "a \n", "docs/a.md", "a\n"),
        (white_space, "src/a.rs", "\ta\n", "src/a.rs", "    a\n"),
        (white_space, "src/a.rs", "a", "src/a.rs", ""),
        (white_space, "src/a.rs", "a\n\n", "src/a.rs", "a\n\nb\n"),
    ];
    for (rule, bad_path, bad, good_path, good) in cases {
        let sample = |text: &str| text.chars().take(60).collect::<String>();
        assert!(!rule(bad_path, bad).is_empty(), "not found in {bad_path}: {}", sample(bad));
        assert_eq!(rule(good_path, good), [""; 0], "{good_path}: {}", sample(good));
    }
}
