//! junit.xml as another program sees it: `xmllint` of libxml2. Without it the tests fail.

use std::fs;
use std::process::{Command, Output};

/// The JUnit file, validated against the schema of Jenkins.
pub struct Checked {
    folder: tempfile::TempDir,
}

fn xmllint(folder: &std::path::Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("xmllint");
    let output = command.args(["--nonet", "--huge"]).args(arguments).current_dir(folder).output();
    output.unwrap_or_else(|e| panic!("xmllint (package libxml2-utils) cannot be started: {e}"))
}

impl Checked {
    /// Fails if the text is not valid.
    pub fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("junit.xml"), text).unwrap();
        let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schemas/junit-10.xsd");
        let output = xmllint(folder.path(), &["--noout", "--schema", schema, "junit.xml"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}\n{text}");
        Checked { folder }
    }

    /// The result of an XPath expression.
    pub fn ask(&self, xpath: &str) -> String {
        let output = xmllint(self.folder.path(), &["--xpath", xpath, "junit.xml"]);
        let text = String::from_utf8(output.stdout).unwrap();
        text.strip_suffix('\n').unwrap_or(&text).to_owned()
    }

    /// Cases, failures and errors by their elements; every sum in the file must agree.
    pub fn counts(&self) -> (u32, u32, u32) {
        let count = |of: &str, element: &str| {
            let number = self.ask(&format!("count({of}//{element})")).parse().unwrap();
            let attribute = match element {
                "testcase" => "tests",
                "failure" => "failures",
                _ => "errors",
            };
            let stated = self.ask(&format!("string({of}/@{attribute})"));
            assert_eq!(stated, format!("{number}"), "{attribute} of {of}");
            number
        };
        let suites: u32 = self.ask("count(//testsuite)").parse().unwrap();
        for n in 1..=suites {
            for element in ["testcase", "failure", "error"] {
                count(&format!("/testsuites/testsuite[{n}]"), element);
            }
        }
        let of = "/testsuites";
        (count(of, "testcase"), count(of, "failure"), count(of, "error"))
    }
}

#[test]
#[should_panic(expected = "junit.xml")]
fn a_file_that_is_not_valid_is_noticed() {
    Checked::new("<testsuites><testsuite name='a'/></testsuites>");
}
