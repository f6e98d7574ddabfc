//! Where something was written: [`Place`], a value with its place [`At`], and the [`Source`] that
//! both point into.

use super::diagnostic::Diagnostic;

/// A stretch of one line of the file, or of a `--set` argument. Lines and columns count from 1,
/// columns and lengths are characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Which `--set` argument, from 0; `None` for the file.
    pub argument: Option<u16>,
    /// Line; 0 when the file as a whole is meant.
    pub line: u32,
    /// Column of the first character.
    pub column: u32,
    /// How many characters to underline.
    pub length: u32,
}

impl Place {
    /// The file as a whole, for what cannot be pointed at.
    pub const FILE: Place = Place { argument: None, line: 0, column: 0, length: 0 };

    /// The first character of the file, where what is missing at the top level is reported.
    pub const START: Place = Place { argument: None, line: 1, column: 1, length: 1 };

    /// All of a `--set` argument of so many characters.
    pub fn argument(index: u16, length: usize) -> Place {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        Place { argument: Some(index), line: 1, column: 1, length }
    }
}

/// A value and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// What was written.
    pub value: T,
    /// Where.
    pub place: Place,
}

impl<T> At<T> {
    /// `value`, written at `place`.
    pub fn new(value: T, place: Place) -> Self {
        At { value, place }
    }
}

/// What places point into: the file's text and the `--set` arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file as it was named.
    pub name: String,
    /// Its text.
    pub text: String,
    /// The `--set` arguments, in order.
    pub arguments: Vec<String>,
}

impl Source {
    /// A problem at a place, with the line that it is on.
    pub fn problem(&self, place: Place, message: impl Into<String>) -> Diagnostic {
        let argument = place.argument.and_then(|i| self.arguments.get(usize::from(i)));
        let snippet = match argument {
            Some(argument) => Some(argument.clone()),
            None if place.line == 0 => None,
            None => self.line(place.line),
        };
        Diagnostic {
            file: self.name.clone(),
            argument: argument.cloned(),
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
