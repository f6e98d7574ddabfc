//! The built-in scenarios, as shipped in `scenarios/`.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Builtin {
    /// The file's name without `.yaml`.
    pub name: &'static str,
    pub text: &'static str,
}

macro_rules! builtin {
    ($name:literal) => {
        Builtin { name: $name, text: include_str!(concat!("../../scenarios/", $name, ".yaml")) }
    };
}

/// What `chaos matrix` runs.
pub(crate) const MATRIX: Builtin = builtin!("matrix");

/// In the order of their names.
pub(crate) const BUILTIN: &[Builtin] = &[
    builtin!("acks1-leader-loss"),
    builtin!("clean-election"),
    builtin!("leader-churn"),
    MATRIX,
    builtin!("minisr1"),
    builtin!("minisr2"),
    builtin!("minisr3"),
    builtin!("retry-duplicates"),
    builtin!("retry-idempotent"),
    builtin!("unclean-election"),
    builtin!("zombie-leader"),
];

pub(crate) fn find(name: &str) -> Option<&'static Builtin> {
    BUILTIN.iter().find(|builtin| builtin.name == name)
}

pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    BUILTIN.iter().map(|builtin| builtin.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_file_of_the_folder_is_in_the_table_and_called_by_its_name() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let mut files: Vec<String> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let table: Vec<String> = names().map(|name| format!("{name}.yaml")).collect();
        assert_eq!(files, table, "add the file to BUILTIN in src/scenario/builtin.rs");
        for builtin in BUILTIN {
            let named = format!("\nname: {}\n", builtin.name);
            assert!(builtin.text.contains(&named), "{} has another name", builtin.name);
        }
    }

    #[test]
    fn every_file_tells_editors_where_its_schema_is() {
        let header = "# yaml-language-server: $schema=../schemas/scenario.schema.json\n";
        for builtin in BUILTIN {
            assert!(builtin.text.starts_with(header), "{} does not open with it", builtin.name);
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        assert!(folder.join("../schemas/scenario.schema.json").is_file());
    }
}
