//! [`Layout`]: the image's operating system, laid out in a temporary folder by the recipe's script.

use super::tools::Jdk;
use super::{recipe, supervised};
use crate::runtime::RuntimeError;
use crate::runtime::local::scratch::{self, Scratch};
use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// Lines that say why a script failed.
const TAIL_LINES: usize = 8;

/// A folder that is removed with this value; the next build or run removes one that a killed tool
/// left.
#[derive(Debug)]
pub(super) struct Layout {
    scratch: Scratch,
}

impl Layout {
    /// Lays out the operating system below `parent`.
    pub(super) fn make(
        parent: &Path,
        jdk: &Jdk,
        busybox: &Path,
        wanted: &dyn Fn() -> bool,
        note: &dyn Fn(&str),
    ) -> Result<Layout, RuntimeError> {
        let mut layout = Layout { scratch: Scratch::choose(parent) };
        layout.scratch.create()?;
        layout.run(jdk, busybox, wanted, note)?;
        Ok(layout)
    }

    /// Removes what killed builds and runs left below `parent`, and notes it.
    pub(super) fn remove_stale(parent: &Path, note: &dyn Fn(&str)) {
        for removed in scratch::remove_stale(parent) {
            note(&removed);
        }
    }

    /// The image's root folder.
    pub(super) fn os(&self) -> PathBuf {
        self.scratch.path().join("os")
    }

    fn run(
        &self,
        jdk: &Jdk,
        busybox: &Path,
        wanted: &dyn Fn() -> bool,
        note: &dyn Fn(&str),
    ) -> Result<(), RuntimeError> {
        let script = self.scratch.path().join("layout.sh");
        fs::write(&script, recipe::LAYOUT)
            .map_err(|e| RuntimeError::io(format!("cannot write {}", script.display()), e))?;
        let failed =
            |why: String| RuntimeError::new(format!("cannot lay out the image's files: {why}"));
        // The tool itself must run in such a container, mounted into it.
        let tool = std::env::current_exe().map_err(|e| failed(e.to_string()))?;
        let os = self.os();
        let arguments: [&OsStr; 3] = [script.as_ref(), os.as_ref(), tool.as_ref()];
        let environment: [(&str, &OsStr); 2] =
            [("JAVA_HOME", jdk.home.as_ref()), ("BUSYBOX", busybox.as_ref())];
        let mut last = VecDeque::new();
        let mut line = |text: &str| {
            note(text);
            last.push_back(format!("    {text}"));
            if last.len() > TAIL_LINES {
                last.pop_front();
            }
        };
        let status = supervised::run("sh", &arguments, &environment, wanted, &mut line)
            .map_err(|e| failed(e.to_string()))?;
        if status.success() {
            return Ok(());
        }
        let lines: Vec<String> = last.into();
        Err(failed(format!("layout.sh: {status}:\n{}", lines.join("\n"))))
    }
}

impl Drop for Layout {
    fn drop(&mut self) {
        // If it cannot be removed now, the next build tries again and reports it.
        drop(scratch::remove(self.scratch.path()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_fails_says_why_and_leaves_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let jdk = Jdk { home: "/no/jdk".into(), version: "17".into() };
        // This test program is dynamically linked, so it is no static busybox.
        let dynamic = std::env::current_exe().unwrap();
        let error =
            Layout::make(parent.path(), &jdk, &dynamic, &|| true, &|_| ()).unwrap_err().to_string();
        assert!(error.contains("needs shared libraries: install busybox-static"), "{error}");
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_a_killed_build_left_is_removed_and_told() {
        let parent = tempfile::tempdir().unwrap();
        let mut left = Scratch::choose(parent.path());
        left.create().unwrap();
        let folder = left.path().to_owned();
        // The lock ends with the process that held it.
        drop(left);
        let told = std::cell::RefCell::new(Vec::new());
        Layout::remove_stale(parent.path(), &|text| told.borrow_mut().push(text.to_owned()));
        assert!(!folder.exists());
        assert!(told.borrow()[0].contains(&folder.display().to_string()), "{told:?}");
    }
}
