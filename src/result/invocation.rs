//! [`Invocation`]: the part of the command line that decides what a run does, and the command that
//! repeats it.

use crate::model::RuntimeKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The command that runs scenarios.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    Run,
    Matrix,
}

/// Everything that a command line says about what to do, but not how to show it (`-q`, `--sort`)
/// and where files go (`--out`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invocation {
    pub command: Verb,
    /// As named: a file, the bare name of a built-in scenario, or `-` for standard input.
    pub scenario: String,
    pub set: Vec<String>,
    pub sweep: Vec<String>,
    /// The seed of the first run, given or drawn.
    pub seed: u64,
    pub repeat: u32,
    pub until_decided: Option<f64>,
    /// The part of the scenario's runs, if not all: `1/2`.
    pub shard: Option<String>,
    /// The runtime that was taken.
    pub runtime: RuntimeKind,
    /// Heap of each Kafka process in MiB.
    pub heap_mib: u32,
    /// Local: the unpacked Kafka used instead of the scenario's version.
    pub kafka_home: Option<String>,
    /// Docker: the image used instead of the compose file's.
    pub image: Option<String>,
    /// Docker: whether missing images were not pulled (`--pull never`).
    pub pull_never: bool,
    /// Docker: the first port on 127.0.0.1, if the ports were moved.
    pub port_base: Option<u16>,
    /// Environment variables that decided which Kafka it was.
    pub environment: BTreeMap<String, String>,
    /// In the report of one of several runs: which one, from 1.
    pub trial: Option<u32>,
}

impl Invocation {
    /// The command's words, without environment variables.
    pub fn words(&self) -> Vec<String> {
        let mut words = vec!["chaos".to_owned()];
        match self.command {
            Verb::Matrix => words.push("matrix".to_owned()),
            // A name that begins with a hyphen would be taken for an option.
            Verb::Run if self.scenario.starts_with('-') && self.scenario != "-" => {
                words.extend(["run".to_owned(), format!("./{}", self.scenario)]);
            }
            Verb::Run => words.extend(["run".to_owned(), self.scenario.clone()]),
        }
        let mut option = |name: &str, value: &str| {
            // A value may begin with a hyphen only in this form.
            if value.starts_with('-') || name == "--until-decided" {
                words.push(format!("{name}={value}"));
            } else {
                words.extend([name.to_owned(), value.to_owned()]);
            }
        };
        self.set.iter().for_each(|set| option("--set", set));
        self.sweep.iter().for_each(|sweep| option("--sweep", sweep));
        option("--seed", &self.seed.to_string());
        if self.repeat > 1 {
            option("--repeat", &self.repeat.to_string());
        }
        if let Some(share) = self.until_decided {
            option("--until-decided", &share.to_string());
        }
        if let Some(shard) = &self.shard {
            option("--shard", shard);
        }
        option("--runtime", self.runtime.word());
        option("--heap-mib", &self.heap_mib.to_string());
        if let Some(home) = &self.kafka_home {
            option("--kafka-home", home);
        }
        if let Some(image) = &self.image {
            option("--image", image);
        }
        if self.pull_never {
            option("--pull", "never");
        }
        if let Some(port) = self.port_base {
            option("--port-base", &port.to_string());
        }
        words
    }

    /// One shell line that repeats the run.
    pub fn line(&self) -> String {
        let variables =
            self.environment.iter().map(|(name, value)| format!("{name}={}", quoted(value)));
        let words = self.words();
        let words = words.iter().map(|word| quoted(word));
        variables.chain(words).collect::<Vec<_>>().join(" ")
    }
}

/// A text as one word of a shell, in one line: bash, zsh and ksh accept it.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./=+,:@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    if !text.chars().any(char::is_control) {
        return format!("'{}'", text.replace('\'', "'\\''"));
    }
    let escaped = |c: char| match c {
        '\'' | '\\' => format!("\\{c}"),
        // As bytes, since only newer shells know \u.
        c if c.is_control() => c.to_string().bytes().map(|byte| format!("\\{byte:03o}")).collect(),
        c => c.to_string(),
    };
    format!("$'{}'", text.chars().map(escaped).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What bash makes of a line of words.
    fn words_of(line: &str) -> Vec<String> {
        let script = format!("printf '%s\\0' {line}");
        let output = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_terminator('\0').map(str::to_owned).collect()
    }

    #[test]
    fn a_text_is_one_word_of_the_shell_and_one_line() {
        assert_eq!(quoted("scenarios/a_b-1.yaml"), "scenarios/a_b-1.yaml");
        assert_eq!(quoted("a b"), "'a b'");
        for text in ["", "it's; $(x)", "a\nb\t'\\", "\u{1b}[2J", "\u{85}ä", "*", "~/x", "a\"b`c`"]
        {
            let word = quoted(text);
            assert!(!word.chars().any(char::is_control), "{word:?}");
            assert_eq!(words_of(&word), [text], "{word}");
        }
    }
}
