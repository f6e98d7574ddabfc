//! A packet filter in another process, which speaks JSON lines: [`Request`]s go in, one [`Answer`]
//! each comes out. [`Server`] is the other process's side.

use super::{DropPoint, DropRule, Dropped};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io::{self, BufRead, Write};

/// What a filter is asked to do; as [`super::Filter`]'s methods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub(crate) enum Request {
    /// Begins to drop.
    Install {
        /// The rules' name for the other requests.
        table: String,
        rules: Vec<DropRule>,
    },
    /// Asks what the rules of a table have dropped.
    Dropped {
        /// Whose.
        table: String,
    },
    /// Ends the dropping.
    Remove {
        /// Of which rules.
        table: String,
    },
}

/// What came of a [`Request`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub(crate) enum Answer {
    /// Unasked, once: the filter is open.
    Ready,
    Done,
    /// What each rule has dropped, in the order in which the rules were given.
    Counts {
        /// One a rule.
        dropped: Vec<Dropped>,
    },
    /// It could not be done.
    Failed {
        /// The kind of [`io::Error`] that it was.
        kind: Kind,
        /// The error in words.
        text: String,
    },
}

/// Kinds of [`io::Error`] that mean something to whoever uses a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// There is no such table.
    NotFound,
    /// There is such a table already.
    AlreadyExists,
    /// The table belongs to somebody else, or the rights are missing.
    PermissionDenied,
    /// A name that is none, or a request that is none.
    InvalidInput,
    /// Anything else.
    Other,
}

/// The kinds that have a name on both sides.
const KINDS: [(Kind, io::ErrorKind); 4] = [
    (Kind::NotFound, io::ErrorKind::NotFound),
    (Kind::AlreadyExists, io::ErrorKind::AlreadyExists),
    (Kind::PermissionDenied, io::ErrorKind::PermissionDenied),
    (Kind::InvalidInput, io::ErrorKind::InvalidInput),
];

impl Answer {
    /// An error as it is told.
    pub(crate) fn failed(error: &io::Error) -> Answer {
        let kind = KINDS.iter().find(|(_, kind)| *kind == error.kind());
        let kind = kind.map_or(Kind::Other, |(kind, _)| *kind);
        Answer::Failed { kind, text: error.to_string() }
    }

    /// The counts that were asked for; empty where none were.
    pub(crate) fn into_counts(self) -> io::Result<Vec<Dropped>> {
        match self {
            Answer::Ready | Answer::Done => Ok(Vec::new()),
            Answer::Counts { dropped } => Ok(dropped),
            Answer::Failed { kind, text } => {
                let kind = KINDS.iter().find(|(known, _)| *known == kind);
                Err(io::Error::new(kind.map_or(io::ErrorKind::Other, |(_, kind)| *kind), text))
            }
        }
    }
}

/// The side that has the filter.
#[derive(Debug)]
pub(crate) struct Server {
    point: DropPoint,
    tables: Mutex<BTreeSet<String>>,
}

impl Server {
    /// Serves this filter.
    pub(crate) fn new(point: DropPoint) -> Server {
        Server { point, tables: Mutex::default() }
    }

    /// Says that it is ready and answers until nobody asks any more.
    pub(crate) fn serve(&self, requests: impl BufRead, mut answers: impl Write) -> io::Result<()> {
        let mut tell = |answer: &Answer| -> io::Result<()> {
            let mut line = serde_json::to_vec(answer)?;
            line.push(b'\n');
            answers.write_all(&line)?;
            answers.flush()
        };
        tell(&Answer::Ready)?;
        for line in requests.lines() {
            let request = serde_json::from_str(&line?);
            let answer = request.map_err(io::Error::from).and_then(|r| self.answer(r));
            tell(&answer.unwrap_or_else(|e| Answer::failed(&e)))?;
        }
        Ok(())
    }

    fn answer(&self, request: Request) -> io::Result<Answer> {
        match request {
            Request::Install { table, rules } => {
                self.point.install(&table, &rules)?;
                self.tables.lock().insert(table);
            }
            Request::Dropped { table } => {
                return Ok(Answer::Counts { dropped: self.point.dropped(&table)? });
            }
            Request::Remove { table } => {
                self.point.remove(&table)?;
                self.tables.lock().remove(&table);
            }
        }
        Ok(Answer::Done)
    }

    /// Removes what was installed and not removed. Newer kernels would do so by themselves.
    pub(crate) fn remove_all(&self) -> io::Result<()> {
        let tables = std::mem::take(&mut *self.tables.lock());
        let results: Vec<_> = tables.iter().map(|table| self.point.remove(table)).collect();
        results.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netfilter::Hook;
    use std::net::Ipv4Addr;

    #[test]
    fn requests_and_answers_are_these_lines() {
        let src = Some(Ipv4Addr::new(172, 18, 0, 2));
        let rule = DropRule { hook: Hook::Input, src, dst: None, port: Some(9094) };
        let request = Request::Install { table: "f".to_owned(), rules: vec![rule] };
        let line = serde_json::to_string(&request).unwrap();
        assert_eq!(
            line,
            r#"{"ask":"install","table":"f","rules":[{"hook":"input","src":"172.18.0.2","dst":null,"port":9094}]}"#
        );
        assert_eq!(serde_json::from_str::<Request>(&line).unwrap(), request);
        let dropped = vec![Dropped { packets: 2, bytes: 120 }];
        let answer = Answer::Counts { dropped: dropped.clone() };
        let line = serde_json::to_string(&answer).unwrap();
        assert_eq!(line, r#"{"answer":"counts","dropped":[{"packets":2,"bytes":120}]}"#);
        let answer: Answer = serde_json::from_str(&line).unwrap();
        assert_eq!(answer.into_counts().unwrap(), dropped);
    }

    #[test]
    fn errors_keep_their_kind_and_words() {
        for (_, kind) in KINDS {
            let error = Answer::failed(&io::Error::new(kind, "words")).into_counts().unwrap_err();
            assert_eq!((error.kind(), error.to_string()), (kind, "words".to_owned()));
        }
        let error = Answer::failed(&io::ErrorKind::TimedOut.into()).into_counts().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Other);
    }

    #[test]
    fn what_is_no_request_is_answered_and_the_next_one_is_heard() {
        let server = Server::new(DropPoint::open("here", "nftables").unwrap());
        let requests = b"nonsense\n{\"ask\":\"dropped\",\"table\":\"no name\"}\n";
        let mut answers = Vec::new();
        server.serve(&requests[..], &mut answers).unwrap();
        let answers: Vec<Answer> = String::from_utf8(answers)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(answers[0], Answer::Ready);
        assert!(matches!(&answers[1], Answer::Failed { kind: Kind::Other, .. }), "{answers:?}");
        let Answer::Failed { kind, text } = &answers[2] else { panic!("{answers:?}") };
        assert!(*kind == Kind::InvalidInput && text.contains("no name"), "{text}");
        assert_eq!(answers.len(), 3);
    }
}
