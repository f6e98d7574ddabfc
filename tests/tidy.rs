//! Checks the tree itself: sizes, headers, leftovers, where `unsafe` and printing are allowed, and
//! that no room imports from one above it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::fs;
use std::path::{Path, PathBuf};

const FILE_BYTES_MAX: usize = 25 * 1024;
const FUNCTION_LINES_MAX: usize = 100;
/// Each has the reason for its `unsafe` blocks.
const UNSAFE: [&str; 7] = [
    "src/runtime/local/namespace.rs",
    "src/ledger/map.rs",
    "src/native/delivery_report.rs",
    "src/native/log_queue.rs",
    "src/native/topic.rs",
    "src/native/topic_producer.rs",
    "src/native/wakeup.rs",
];
/// Standard output and standard error belong to these.
const PRINTING: [&str; 3] = ["src/cli/", "src/report/", "src/main.rs"];
const TEXT: [&str; 11] =
    ["rs", "md", "toml", "yaml", "yml", "sh", "xml", "properties", "html", "css", "editorconfig"];
/// Made by cargo, git and the tool; and files as others published them.
const SKIPPED_FOLDERS: [&str; 4] = ["target", ".git", "chaos-out", "uplot"];

/// The rooms of `src/` in their order: each may import from those after it, and from no other.
/// `docs/architecture.md` describes them. `lib.rs` and `main.rs` are above all.
const ROOMS: [&str; 26] = [
    "testing",
    "cli",
    "runner",
    "compare",
    "report",
    "result",
    "image",
    "fault",
    "verify",
    "kafka",
    "client",
    "runtime",
    "distribution",
    "plan",
    "compose",
    "scenario",
    "timeline",
    "ledger",
    "native",
    "netfilter",
    "stats",
    "yaml",
    "model",
    "event",
    "clock",
    "exit",
];

/// A rule returns a line for each problem with the file at this path.
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

/// A function ends at the brace with the same indent as its `fn`: rustfmt puts it there.
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
    let may = !is_rust(path) || UNSAFE.contains(&path);
    if may { Vec::new() } else { lines_with(text, &FORMS) }
}

/// One place for unit tests: those of `x.rs` are in that file, or in `x/tests.rs`.
fn unit_tests(path: &str, text: &str) -> Vec<String> {
    if !path.starts_with("src/") {
        return Vec::new();
    }
    let mut found = lines_with(text, &["#[path"]);
    if path.ends_with("_tests.rs") {
        found.push("the tests of `x.rs` stand in it, or in `x/tests.rs`".into());
    }
    found
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

/// Imports and paths in the code that lead to a room above, tests included.
fn rooms(path: &str, text: &str) -> Vec<String> {
    let Some(inside) = path.strip_prefix("src/").and_then(|path| path.strip_suffix(".rs")) else {
        return Vec::new();
    };
    let mut modules: Vec<&str> = inside.split('/').collect();
    modules.pop_if(|last| *last == "mod");
    let own = modules[0];
    if matches!(own, "lib" | "main") {
        return Vec::new();
    }
    let place = |room: &str| ROOMS.iter().position(|known| *known == room);
    let Some(own_place) = place(own) else {
        return vec![format!("`{own}` is no room: give it its place in ROOMS of tests/tidy.rs")];
    };
    let mut found = Vec::new();
    for (line, room) in rooms_named(text, modules.len()) {
        match place(room) {
            None => found.push(format!("line {line}: `{room}` is no room of tests/tidy.rs")),
            Some(place) if place < own_place => found.push(format!(
                "line {line}: `{own}` needs `{room}`, which is above it: move what both need into \
                 a room below, or hand it in"
            )),
            Some(_) => {}
        }
    }
    found
}

/// The first name of each path that begins at the root, with its line: by `crate::`, or by as many
/// `super::` as lead there from a module that is `depth` below it.
fn rooms_named(text: &str, depth: usize) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    // The indents of the modules that are open within this file.
    let mut open: Vec<usize> = Vec::new();
    let mut at = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let code = line.trim();
        let indent = line.len() - line.trim_start().len();
        if code.ends_with('{') && code.rsplit(' ').nth(2) == Some("mod") {
            open.push(indent);
        } else if code == "}" {
            open.pop_if(|module| *module == indent);
        }
        let up = "super::".repeat(depth + open.len());
        for root in ["crate::", up.as_str()].into_iter().filter(|_| !code.starts_with("//")) {
            let is_path = |from: usize| {
                !line[..from].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ':'))
            };
            for (from, _) in line.match_indices(root).filter(|(from, _)| is_path(*from)) {
                let names = first_names(&text[at + from + root.len()..]).into_iter();
                // Unit tests in a separate file are one module deeper than their path says.
                let names = names.filter(|name| root == "crate::" || ROOMS.contains(name));
                found.extend(names.map(|name| (number, name)));
            }
        }
        at += line.len();
    }
    found
}

/// The name that continues a path, or those of a group: `{a::b, c}`.
fn first_names(rest: &str) -> Vec<&str> {
    let name = |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '_');
    let Some(group) = rest.strip_prefix('{') else {
        return vec![&rest[..name(rest).unwrap_or(rest.len())]];
    };
    let (mut names, mut depth, mut begin) = (Vec::new(), 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' | ',' if depth == 0 => {
                let text = group[begin..at].trim_start();
                names.push(&text[..name(text).unwrap_or(text.len())]);
                begin = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty() && *name != "self");
    names
}

const RULES: [Rule; 9] =
    [size, header, function_length, leftovers, printing, no_unsafe, unit_tests, white_space, rooms];

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
fn the_page_on_architecture_lists_the_rooms_in_their_order() {
    let page = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let table = page.split("## The rooms").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    assert_eq!(rows.collect::<Vec<_>>(), ROOMS);
}

#[test]
fn both_licences_are_there() {
    let read = |name: &str| fs::read_to_string(root().join(name)).unwrap();
    assert!(read("LICENSE-MIT").contains("Permission is hereby granted, free of charge"));
    assert!(read("LICENSE-APACHE").contains("END OF TERMS AND CONDITIONS"));
    assert!(read("Cargo.toml").contains("license = \"MIT OR Apache-2.0\""));
}

/// Cargo.toml lists the test targets, so cargo looks for no others.
#[test]
fn every_file_of_tests_belongs_to_a_target() {
    let read = |file: &str| fs::read_to_string(root().join(file)).unwrap();
    let (targets, offline) = (read("Cargo.toml"), read("tests/main.rs"));
    for entry in fs::read_dir(root().join("tests")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let is_module = path.is_file() && is_text(&path)
            || ["mod.rs", "main.rs"].iter().any(|file| path.join(file).is_file());
        let is_target = name == "main" || targets.contains(&format!("name = \"{name}\""));
        let is_listed = is_target || offline.contains(&format!("mod {name};"));
        assert!(is_listed || !is_module, "tests/{name} would never run");
    }
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
        (
            rooms,
            "src/plan/a.rs",
            "use crate::runner::run;\n",
            "src/runner/a.rs",
            "use crate::plan::P;\n",
        ),
        (
            rooms,
            "src/plan/a.rs",
            "use crate::{\n    plan,\n    runner::run,\n};\n",
            "src/lib.rs",
            "use crate::cli;\n",
        ),
        (
            rooms,
            "src/plan/a.rs",
            "    crate::cli::f();\n",
            "src/plan/a.rs",
            "    // By crate::cli::f.\n",
        ),
        (
            rooms,
            "src/plan/a.rs",
            "use super::super::cli::f;\n",
            "src/plan/a/b.rs",
            "use super::super::cells;\n",
        ),
        (
            rooms,
            "src/plan/mod.rs",
            "mod tests {\n    use super::super::cli;\n}\n",
            "src/plan/a.rs",
            "mod tests {\n    use super::super::b;\n}\n",
        ),
        (rooms, "src/attic/a.rs", "fn f() {}\n", "tests/attic.rs", "fn f() {}\n"),
        (
            rooms,
            "src/plan/a.rs",
            "use crate::attic::A;\n",
            "src/plan/a.rs",
            "use crate::{plan::{B, C}, model};\n",
        ),
        (unit_tests, "src/a_tests.rs", "//! A.\n", "src/a/tests.rs", "//! A.\n"),
        (unit_tests, "src/a.rs", "#[path = \"b.rs\"]\n", "tests/a.rs", "#[path = \"b.rs\"]\n"),
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
