//! `exec`: runs the user's own command among the clients.

use super::read::apart;
use super::{Act, FaultKind, FaultSpec, Form, Item, Key, Layout, Target, Written, target};
use crate::yaml::{Kind, Node, Reader};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The default limit.
const MOST_MS: u64 = 60_000;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exec {
    /// Program and arguments; a string in the scenario becomes `sh -c STRING`.
    pub command: Vec<String>,
    /// The command accounts for whatever happens to these while it runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub touches: Vec<Target>,
}

impl Exec {
    pub const KIND: FaultKind = FaultKind {
        name: "exec",
        form: Form {
            placeholder: "COMMAND",
            words: "a line for `sh -c`, or a list of a program and its arguments",
            schema: || {
                let types = ["string", "number", "boolean"];
                let line = json!({ "type": types, "pattern": r"\S" });
                let words = json!({ "type": "array", "minItems": 1, "items": { "type": types } });
                json!({ "anyOf": [line, words] })
            },
        },
        does: "runs a command among the clients",
        healed_by: None,
        keys: &[Key {
            name: "touches",
            about: "nodes that a command may stop, kill or restart while it runs: a target, or a \
                    list of targets. Of all others an end fails the run, and a standstill makes it \
                    inconclusive",
            default: None,
            only: "only a command of `exec` may touch what it likes",
            is_sound: |reader, node| target::read(reader, node, "touches").is_some(),
            schema: target::schema,
        }],
        most_ms: Some(MOST_MS),
        needs: None,
        examples: &[
            "exec: ./check.sh \"$CHAOS_BOOTSTRAP\"\nat: 4m",
            "exec: kill -TERM $CHAOS_NODE_1_PID; while kill -0 $CHAOS_NODE_1_PID; do sleep 0.1; done\n\
             touches: \"broker:1\"\nat: 5m",
        ],
        read,
        // A command that runs shows nothing about the runtime.
        rehearsal: |_, _| None,
    };
}

impl FaultSpec for Exec {
    fn groups(&self) -> Vec<&[Target]> {
        vec![&self.touches]
    }

    fn act(&self) -> Act {
        Act::Exec
    }

    fn words(&self) -> String {
        let command = match self.command.as_slice() {
            [shell, flag, line] if shell == "sh" && flag == "-c" => line.clone(),
            words => words.join(" "),
        };
        if self.touches.is_empty() {
            return command;
        }
        format!("{command} (touches: {})", self.sides_in_words())
    }

    fn outlook(&self, layout: &Layout<'_>) -> Vec<String> {
        let touched = self.touches.iter().map(|target| target.outlook(layout));
        let touched = touched.map(|node| format!("may touch {node}"));
        std::iter::once("run among the clients".to_owned()).chain(touched).collect()
    }
}

fn read(reader: &mut Reader, item: &Item<'_>) -> Option<Written> {
    let command = read_command(reader, item.value);
    let touches = item.own("touches").map(|node| target::read(reader, node, "touches"));
    let (touches, targets) = apart(touches.unwrap_or_else(|| Some(Vec::new()))?);
    Some(Written { action: Exec { command: command?, touches }.into(), targets })
}

fn read_command(reader: &mut Reader, node: &Node) -> Option<Vec<String>> {
    let help = "write a shell command, or a list of a program and its arguments";
    let command = match &node.kind {
        Kind::Scalar(line) if !line.trim().is_empty() => {
            vec!["sh".to_owned(), "-c".to_owned(), line.clone()]
        }
        Kind::List(items) if !items.is_empty() => {
            reader.scalars(node, "exec").into_iter().map(|word| word.value).collect()
        }
        _ => {
            reader.report(node.place, "`exec` has no command", help);
            return None;
        }
    };
    if command.iter().any(|word| word.contains('\0'))
        || command.first().is_none_or(String::is_empty)
    {
        reader.report(node.place, "`exec` has no program that could be started", help);
        return None;
    }
    Some(command)
}
