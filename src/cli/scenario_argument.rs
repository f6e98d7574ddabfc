//! A scenario as the command line names it: by its file, or by its bare name if it is built in.

use super::changes::{Changes, KafkaFrom, RuntimeChoice};
use crate::plan::{self, Asked, Plan, Study};
use crate::scenario::{self, builtin};
use crate::yaml::suggest::nearest;
use crate::yaml::{Diagnostics, Place, Source};
use std::io::{self, Read};
use std::mem;
use std::path::{Path, PathBuf};

/// Standard input, as in many commands.
pub(super) const STDIN: &str = "-";
/// The name of such a scenario in messages and plans.
pub(super) const STDIN_SOURCE: &str = "<stdin>";

/// The study of a scenario. A file overrides a built-in scenario of the same name; `-` is standard
/// input. If there is neither, the error suggests the most likely name.
pub(super) fn study(named: &Path, asked: &Asked<'_>) -> Result<Study, Diagnostics> {
    if named == Path::new(STDIN) {
        return of_reader(&mut io::stdin().lock(), asked);
    }
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
            Some(near) => format!("did you mean the built-in `{near}`?"),
            None => "name a scenario file or a built-in scenario: `chaos list` shows them".into(),
        };
        for problem in &mut problems.list {
            problem.help = Some(help.clone());
        }
    }
    Err(problems)
}

/// What `read` makes of each of the named scenarios. Standard input can be read once.
pub(super) fn each(
    named: &[PathBuf],
    read: impl Fn(&Path) -> Result<Study, Diagnostics>,
) -> Vec<Result<Study, Diagnostics>> {
    let mut is_read = false;
    let one = |name: &PathBuf| {
        if name == Path::new(STDIN) && mem::replace(&mut is_read, true) {
            return Err(twice());
        }
        read(name)
    };
    named.iter().map(one).collect()
}

fn twice() -> Diagnostics {
    let (name, text, arguments) = (STDIN_SOURCE.to_owned(), String::new(), Vec::new());
    let source = Source { name, text, arguments };
    let problem = source.problem(Place::FILE, "standard input is named twice");
    Diagnostics::new(vec![problem.help("name `-` once")])
}

/// Like [`study`], for commands that start nothing: also reports what the named runtime would
/// refuse.
pub(super) fn study_for(
    named: &Path,
    changes: &Changes,
    seed: Option<u64>,
    from: &KafkaFrom,
) -> Result<Study, Diagnostics> {
    let mut study = study(named, &changes.asked(seed, from.versions()))?;
    for plan in &mut study.plans {
        plan.notes.extend(from.note(plan));
    }
    let needs = |plan: &Plan| Some((plan.source.clone(), plan.needs_docker()?));
    let refused = study.plans.iter().find_map(needs);
    match refused.filter(|_| from.runtime == RuntimeChoice::Local) {
        None => Ok(study),
        Some((name, what)) => {
            let source = Source { name, text: String::new(), arguments: Vec::new() };
            let help = "use `--runtime docker`, which starts containers";
            Err(Diagnostics::new(vec![source.problem(Place::FILE, what).help(help)]))
        }
    }
}

fn of_reader(reader: &mut dyn Read, asked: &Asked<'_>) -> Result<Study, Diagnostics> {
    let name = STDIN_SOURCE;
    plan::study_from_text(name, &scenario::text_of(name, reader)?, asked)
}

/// The study of a built-in scenario, which has its bare name as its source.
pub(super) fn of_builtin(
    builtin: &builtin::Builtin,
    asked: &Asked<'_>,
) -> Result<Study, Diagnostics> {
    plan::study_from_text(builtin.name, builtin.text, asked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

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

    // What a run would find out is no error here: it may well have Docker.
    #[test]
    fn a_version_that_only_an_image_has_is_an_error_for_the_local_runtime_alone() {
        let changes =
            Changes { overrides: vec!["cluster.kafka=3.9.9".to_owned()], ..Changes::default() };
        let studied = |runtime, home: Option<&str>| {
            let from = KafkaFrom { kafka_home: home.map(PathBuf::from), runtime };
            let study = study_for(Path::new("minisr2"), &changes, None, &from);
            study.map(|study| study.notes().join("; ")).map_err(|problems| problems.to_string())
        };
        let noted = studied(RuntimeChoice::Auto, None).unwrap();
        assert!(noted.contains("Kafka 3.9.9 needs Docker and an image of it"), "{noted}");
        for (runtime, home) in [(RuntimeChoice::Docker, None), (RuntimeChoice::Auto, Some("kafka"))]
        {
            let noted = studied(runtime, home).unwrap();
            assert!(!noted.contains("needs Docker"), "{noted}");
        }
        let refused = studied(RuntimeChoice::Local, None).unwrap_err();
        assert!(refused.contains("Kafka 3.9.9 cannot be fetched"), "{refused}");
    }

    #[test]
    fn standard_input_is_a_scenario_called_by_what_it_is() {
        let mut text = b"name: piped\nduration: 1s\n".as_slice();
        let study = of_reader(&mut text, &Asked::default()).unwrap();
        assert_eq!(
            (study.first().name.as_str(), study.first().source.as_str()),
            ("piped", "<stdin>")
        );
        let said = of_reader(&mut b"name: x\nacks: 1\n".as_slice(), &Asked::default()).unwrap_err();
        assert!(said.to_string().contains("--> <stdin>:2:1\n"), "{said}");
        let said = of_reader(&mut b"\0".as_slice(), &Asked::default()).unwrap_err();
        assert!(said.to_string().contains("the file is binary"), "{said}");
    }

    #[test]
    fn standard_input_is_read_once() {
        let files = ["-", "minisr2", "-"].map(PathBuf::from);
        let read = |file: &Path| match file == Path::new(STDIN) {
            true => of_reader(&mut b"name: piped\nduration: 1s\n".as_slice(), &Asked::default()),
            false => study(file, &Asked::default()),
        };
        let studies = each(&files, read);
        assert!(studies[0].is_ok() && studies[1].is_ok());
        let said = studies[2].as_ref().unwrap_err().to_string();
        assert!(said.contains("standard input is named twice"), "{said}");
    }

    #[test]
    fn what_is_neither_is_answered_with_what_was_meant() {
        for name in ["minisr4", "minisr", "scenarios/minisr.yaml", "no/such/minsr2.yml"] {
            let said = named(Path::new(name)).unwrap_err();
            assert!(said.contains("did you mean the built-in `minisr"), "{said}");
        }
        let said = named(Path::new("something-else-entirely")).unwrap_err();
        assert!(said.contains("`chaos list` shows them"), "{said}");
    }
}
