//! `${NAME}` and its relatives: [`expand`] replaces them in one value.

use super::Variables;

/// The limit for nested defaults.
const MOST_DEPTH: usize = 16;

/// Why a value could not be expanded, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unexpanded {
    pub message: String,
    pub help: String,
}

/// Replaces the variables in `text` as Compose does.
pub(super) fn expand(text: &str, variables: Variables<'_>) -> Result<String, Unexpanded> {
    if !text.contains('$') {
        return Ok(text.to_owned());
    }
    let mut scanner = Scanner { rest: text, variables };
    scanner.until_end(0, true)
}

struct Scanner<'t, 'v> {
    rest: &'t str,
    variables: Variables<'v>,
}

impl Scanner<'_, '_> {
    /// Reads to the end of the text, or to the brace that closes a default. Variables in text that
    /// is not `wanted` need no values.
    fn until_end(&mut self, depth: usize, wanted: bool) -> Result<String, Unexpanded> {
        if depth > MOST_DEPTH {
            return Err(not_understood("defaults are nested too deeply"));
        }
        let mut result = String::new();
        while let Some(c) = self.rest.chars().next() {
            self.rest = &self.rest[c.len_utf8()..];
            match c {
                '}' if depth > 0 => return Ok(result),
                '$' => result.push_str(&self.variable(depth, wanted)?),
                c => result.push(c),
            }
        }
        if depth == 0 { Ok(result) } else { Err(not_understood("a `${` is not closed by `}`")) }
    }

    /// Reads what follows a `$`.
    fn variable(&mut self, depth: usize, wanted: bool) -> Result<String, Unexpanded> {
        if let Some(rest) = self.rest.strip_prefix('$') {
            self.rest = rest;
            return Ok("$".to_owned());
        }
        let Some(rest) = self.rest.strip_prefix('{') else {
            let name = self.name().ok_or_else(|| not_understood("a `$` names no variable"))?;
            return if wanted { self.value(&name) } else { Ok(String::new()) };
        };
        self.rest = rest;
        let name = self.name().ok_or_else(|| not_understood("a `${` names no variable"))?;
        if let Some(rest) = self.rest.strip_prefix('}') {
            self.rest = rest;
            return if wanted { self.value(&name) } else { Ok(String::new()) };
        }
        let empty_counts = !self.take(':');
        let operator = self.rest.chars().next().filter(|c| matches!(c, '-' | '?' | '+'));
        let Some(operator) = operator else {
            return Err(not_understood(&format!(
                "`${{{name}` is followed by neither `}}`, `-`, `?` nor `+`"
            )));
        };
        self.rest = &self.rest[1..];
        let value = (self.variables)(&name).filter(|value| empty_counts || !value.is_empty());
        let word_wanted = wanted && (value.is_some() == (operator == '+'));
        let word = self.until_end(depth + 1, word_wanted)?;
        match (operator, value) {
            ('+', Some(_)) => Ok(word),
            ('+', None) => Ok(String::new()),
            (_, Some(value)) => Ok(value),
            ('-', None) => Ok(word),
            (_, None) if !wanted => Ok(String::new()),
            (_, None) if word.is_empty() => Err(missing(&name, "")),
            (_, None) => Err(missing(&name, &format!(": {word}"))),
        }
    }

    fn take(&mut self, c: char) -> bool {
        let rest = self.rest.strip_prefix(c);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn name(&mut self) -> Option<String> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        self.rest = rest;
        Some(name.to_owned())
    }

    fn value(&self, name: &str) -> Result<String, Unexpanded> {
        (self.variables)(name).ok_or_else(|| missing(name, ""))
    }
}

fn missing(name: &str, why: &str) -> Unexpanded {
    Unexpanded {
        message: format!("`{name}` has no value{why}"),
        help: format!(
            "set `{name}` in the environment or in `.env` beside the file, or write a default: \
             `${{{name}:-VALUE}}`"
        ),
    }
}

fn not_understood(what: &str) -> Unexpanded {
    Unexpanded {
        message: what.to_owned(),
        help: "write `${NAME}` or `${NAME:-DEFAULT}`, and `$$` for a dollar".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Result<String, String> {
        let variables = |name: &str| match name {
            "V" => Some("value".to_owned()),
            "W" => Some("w".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        expand(text, &variables).map_err(|problem| problem.message)
    }

    #[test]
    fn every_form_is_replaced_as_compose_does_it() {
        for (text, expected) in [
            ("plain", "plain"),
            ("${V}", "value"),
            ("a${V}b$V-$W.", "avaluebvalue-w."),
            ("${V:-d} ${V-d} ${EMPTY:-d} ${EMPTY-d} ${NONE:-d} ${NONE-d}", "value value d  d d"),
            ("${NONE:-}|${NONE-}", "|"),
            ("${V:?e} ${V?e} ${EMPTY?e}", "value value "),
            ("${V:+x}|${V+x}|${EMPTY:+x}|${EMPTY+x}|${NONE:+x}|${NONE+x}", "x|x||x||"),
            ("$$V $${V} $$", "$V ${V} $"),
            ("${NONE:-${OTHER:-${V}}}", "value"),
            ("${NONE:-a$Vb}", "a"),
            ("${NONE:-a${V}b}", "avalueb"),
            // An unused default needs no values.
            ("${V:-${NONE}} ${V:-$NONE} ${NONE:+${OTHER}} ${V:-${NONE:?no}}", "value value  value"),
            ("{}}", "{}}"),
            ("${NONE:-127.0.0.1:9092}", "127.0.0.1:9092"),
            ("é${V}é", "évalueé"),
        ] {
            let expected = match text {
                // `$Vb` is one name, and has no value.
                "${NONE:-a$Vb}" => Err("`Vb` has no value".to_owned()),
                _ => Ok(expected.to_owned()),
            };
            assert_eq!(expanded(text), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_replaced_is_told() {
        for (text, expected) in [
            ("${NONE}", "`NONE` has no value"),
            ("$NONE", "`NONE` has no value"),
            ("${NONE:?}", "`NONE` has no value"),
            ("${NONE:?say which}", "`NONE` has no value: say which"),
            ("${EMPTY:?say ${V}}", "`EMPTY` has no value: say value"),
            ("${V", "`${V` is followed by neither `}`, `-`, `?` nor `+`"),
            ("${NONE:-d", "a `${` is not closed by `}`"),
            ("${}", "a `${` names no variable"),
            ("${1}", "a `${` names no variable"),
            ("5$ a", "a `$` names no variable"),
            ("$", "a `$` names no variable"),
            ("${V/a/b}", "`${V` is followed by neither `}`, `-`, `?` nor `+`"),
        ] {
            assert_eq!(expanded(text), Err(expected.to_owned()), "{text}");
        }
        let deep = format!("{}{}", "${N:-".repeat(100_000), "}".repeat(100_000));
        assert_eq!(expanded(&deep), Err("defaults are nested too deeply".to_owned()));
    }
}
