//! A scenario as the command line names it: by its file, or by its bare name if it is built in.

use crate::plan::{self, Asked, Study};
use crate::scenario::{Diagnostics, builtin, nearest};
use std::path::Path;

/// The study of a scenario. A file goes before a built-in scenario of the same name.
///
/// # Errors
/// As [`plan::from_file`]; when there is neither, with the name that was most likely meant.
pub(super) fn study(named: &Path, asked: &Asked<'_>) -> Result<Study, Diagnostics> {
    let known = named.to_str().and_then(builtin::find).filter(|_| !named.is_file());
    if let Some(builtin) = known {
        return of_builtin(builtin, asked);
    }
    let mut problems = match plan::from_file(named, asked) {
        Ok(study) => return Ok(study),
        Err(problems) => problems,
    };
    if matches!(named.try_exists(), Ok(false)) {
        let stem = named.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
        let help = match nearest(&stem, builtin::names()) {
            Some(near) => format!("did you mean `{near}`, which is built in?"),
            None => "name a scenario file, or one that is built in: `chaos list` shows them".into(),
        };
        for problem in &mut problems.list {
            problem.help = Some(help.clone());
        }
    }
    Err(problems)
}

/// The study of a built-in scenario. It is called by its bare name, which `chaos run` takes.
///
/// # Errors
/// What is wrong with the arguments.
pub(super) fn of_builtin(
    builtin: &builtin::Builtin,
    asked: &Asked<'_>,
) -> Result<Study, Diagnostics> {
    plan::study_from_text(builtin.name, builtin.text, asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &Path) -> Result<String, String> {
        match study(name, &Asked::default()) {
            Ok(study) => Ok(study.first().source.clone()),
            Err(problems) => Err(problems.to_string()),
        }
    }

    #[test]
    fn a_bare_name_is_built_in_unless_there_is_such_a_file() {
        assert_eq!(named(Path::new("minisr2")), Ok("minisr2".to_owned()));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("minisr2");
        // A path is no bare name, whatever its last part.
        assert!(named(&file).unwrap_err().contains("cannot read the scenario"));
        std::fs::write(&file, "name: other\nduration: 1s\n").unwrap();
        assert_eq!(named(&file), Ok(file.display().to_string()));
    }

    #[test]
    fn what_is_neither_is_answered_with_what_was_meant() {
        for name in ["minisr4", "minisr", "scenarios/minisr.yaml", "no/such/minsr2.yml"] {
            let said = named(Path::new(name)).unwrap_err();
            assert!(said.contains("did you mean `minisr"), "{said}");
            assert!(said.contains("which is built in?"), "{said}");
        }
        let said = named(Path::new("something-else-entirely")).unwrap_err();
        assert!(said.contains("`chaos list` shows them"), "{said}");
    }
}
