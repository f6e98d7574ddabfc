//! Where something was written: [`Place`], a value with its place [`At`], and the [`Source`] that
//! both refer to.

use super::diagnostic::Diagnostic;
use std::fmt;

/// A span on one line of the file, or of an argument that changes it. Lines and columns count from
/// 1; columns and lengths are in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Index into [`Source::arguments`]; `None` for the file.
    pub argument: Option<u16>,
    /// 0 means the file as a whole.
    pub line: u32,
    pub column: u32,
    /// How many characters to underline.
    pub length: u32,
}

impl Place {
    /// The file as a whole.
    pub const FILE: Place = Place { argument: None, line: 0, column: 0, length: 0 };

    /// The first character of the file, for what is missing at the top level.
    pub const START: Place = Place { argument: None, line: 1, column: 1, length: 1 };

    /// `length` characters of an argument, from character `from` on, counted from 0.
    pub fn argument(index: u16, from: usize, length: usize) -> Place {
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let column = small(from).saturating_add(1);
        Place { argument: Some(index), line: 1, column, length: small(length) }
    }
}

/// A value and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    pub value: T,
    pub place: Place,
}

impl<T> At<T> {
    pub fn new(value: T, place: Place) -> Self {
        At { value, place }
    }
}

/// A command-line argument that changes the scenario, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// `--set` or `--sweep`.
    pub option: &'static str,
    /// Its value.
    pub text: String,
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.option, self.text)
    }
}

/// What places refer to: the file's text and the arguments that change it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file as the user named it.
    pub name: String,
    pub text: String,
    /// Those of `--set`, then those of `--sweep`, in order.
    pub arguments: Vec<Argument>,
}

impl Source {
    /// The values of an option, each with its index among the arguments.
    pub fn given_to<'s>(&'s self, option: &'s str) -> impl Iterator<Item = (u16, &'s str)> {
        let numbered = self.arguments.iter().enumerate();
        numbered.filter(move |(_, argument)| argument.option == option).map(|(index, argument)| {
            (u16::try_from(index).unwrap_or(u16::MAX), argument.text.as_str())
        })
    }

    /// The argument that contains a place, if the file does not.
    pub fn argument(&self, place: Place) -> Option<&Argument> {
        place.argument.and_then(|i| self.arguments.get(usize::from(i)))
    }

    /// A problem at a place, with its line.
    pub fn problem(&self, place: Place, message: impl Into<String>) -> Diagnostic {
        let argument = self.argument(place);
        let snippet = match argument {
            Some(argument) => Some(argument.text.clone()),
            None if place.line == 0 => None,
            None => self.line(place.line),
        };
        Diagnostic {
            file: self.name.clone(),
            argument: argument.map(ToString::to_string),
            line: place.line,
            column: place.column,
            length: place.length,
            snippet,
            message: message.into(),
            help: None,
        }
    }

    fn line(&self, number: u32) -> Option<String> {
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        self.text.lines().nth(index).map(str::to_owned)
    }
}
