//! [`Program`]: this program, made to run in a container of any image: the executable, its loader
//! and its libraries, each mounted read-only.

use crate::runtime::RuntimeError;
use bollard::models::{Mount, MountBindOptions, MountType};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Its folder in the container.
const FOLDER: &str = "/chaos";
const OTHERS_READ: u32 = 0o004;

/// The host's files that make up a program, and how to start it from them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Program {
    executable: PathBuf,
    /// `None` for a static program.
    linked: Option<Linked>,
}

/// What a program is linked with.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Linked {
    loader: PathBuf,
    /// By the names that the program asks for.
    libraries: Vec<(String, PathBuf)>,
}

impl Program {
    /// The running program.
    pub(super) fn own() -> Result<Program, RuntimeError> {
        let link = "/proc/self/exe";
        let executable =
            fs::read_link(link).map_err(|e| RuntimeError::io(format!("reading {link}"), e))?;
        if !executable.exists() {
            let what = format!("{} was replaced since it was started", executable.display());
            return Err(unusable(&what).advise("run the command again"));
        }
        Program::at(&executable)
    }

    /// A program linked by the same loader as the running one.
    pub(super) fn at(executable: &Path) -> Result<Program, RuntimeError> {
        let maps = "/proc/self/maps";
        let text =
            fs::read_to_string(maps).map_err(|e| RuntimeError::io(format!("reading {maps}"), e))?;
        let executable = real(executable)?;
        let linked = match loader(&text) {
            None => None,
            Some(loader) => {
                let libraries = libraries(&loader, &executable)?;
                Some(Linked { loader: real(&loader)?, libraries })
            }
        };
        Ok(Program { executable, linked })
    }

    pub(super) fn mounts(&self) -> Vec<Mount> {
        let mut mounts = vec![mount(&self.executable, format!("{FOLDER}/chaos"))];
        if let Some(linked) = &self.linked {
            mounts.push(mount(&linked.loader, format!("{FOLDER}/ld.so")));
            let libraries = linked.libraries.iter();
            mounts.extend(libraries.map(|(name, at)| mount(at, format!("{FOLDER}/lib/{name}"))));
        }
        mounts
    }

    /// How to start it, followed by its arguments.
    pub(super) fn command(&self) -> Vec<String> {
        let chaos = format!("{FOLDER}/chaos");
        match self.linked {
            None => vec![chaos],
            Some(_) => {
                let (loader, path) = (format!("{FOLDER}/ld.so"), format!("{FOLDER}/lib"));
                vec![loader, "--library-path".to_owned(), path, chaos]
            }
        }
    }
}

/// The loader that mapped a process, by `/proc/PID/maps`; `None` for a static program.
fn loader(maps: &str) -> Option<PathBuf> {
    let files = maps.lines().filter_map(|line| line.find('/').map(|at| &line[at..]));
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    files
        .filter(|path| name(path).starts_with("ld") && name(path).contains(".so"))
        .map(PathBuf::from)
        .next()
}

/// The libraries that a loader finds for a program.
fn libraries(loader: &Path, executable: &Path) -> Result<Vec<(String, PathBuf)>, RuntimeError> {
    let listed =
        Command::new(loader).arg("--list").arg(executable).output().map_err(|e| {
            unusable(&format!("asking {} for its libraries: {e}", loader.display()))
        })?;
    if !listed.status.success() {
        let said = String::from_utf8_lossy(&listed.stderr);
        let (loader, said) = (loader.display(), said.trim());
        return Err(unusable(&format!("{loader} does not list its libraries: {said}")));
    }
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    let found = listed_libraries(&text).into_iter();
    found.map(|(name, path)| Ok((name, real(&path)?))).collect()
}

/// Lines like `libc.so.6 => /lib/libc.so.6 (0x7f45)`; those without an arrow are the kernel's own
/// and the loader.
fn listed_libraries(text: &str) -> Vec<(String, PathBuf)> {
    let library = |line: &str| {
        let (name, rest) = line.trim().split_once(" => ")?;
        let path = rest.rsplit_once(" (").map_or(rest, |(path, _)| path);
        (!name.contains('/')).then(|| (name.to_owned(), PathBuf::from(path)))
    };
    text.lines().filter_map(library).collect()
}

/// The file behind links, if the container's root, which has none of root's rights, can read it.
fn real(path: &Path) -> Result<PathBuf, RuntimeError> {
    let failed = |e| unusable(&format!("{}: {e}", path.display()));
    let real = fs::canonicalize(path).map_err(failed)?;
    let metadata = fs::metadata(&real).map_err(failed)?;
    if metadata.uid() != 0 && metadata.mode() & OTHERS_READ == 0 {
        let what = format!("{} cannot be read by everybody", real.display());
        return Err(unusable(&what).advise(format!("chmod o+r {}", real.display())));
    }
    Ok(real)
}

fn unusable(why: &str) -> RuntimeError {
    RuntimeError::new(format!("this program cannot be run in a helper container: {why}"))
        .advise("run chaos as root on the Docker host: then no helper container is needed")
}

fn mount(source: &Path, target: String) -> Mount {
    Mount {
        target: Some(target),
        source: Some(source.display().to_string()),
        typ: Some(MountType::BIND),
        read_only: Some(true),
        bind_options: Some(MountBindOptions::default()),
        ..Mount::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loader_is_found_among_all_that_is_mapped() {
        let maps = "\
7f00-7f01 r--p 00000000 fe:00 12  /usr/bin/chaos
7f02-7f03 rw-p 00000000 00:00 0   [heap]
7f04-7f05 r-xp 00000000 fe:00 13  /usr/lib/x86_64-linux-gnu/libc.so.6
7f06-7f07 r-xp 00000000 fe:00 14  /usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
";
        let found = loader(maps).unwrap();
        assert_eq!(found, Path::new("/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"));
        let musl = "7f00-7f01 r-xp 00000000 fe:00 12  /lib/ld-musl-x86_64.so.1\n";
        assert_eq!(loader(musl).unwrap(), Path::new("/lib/ld-musl-x86_64.so.1"));
        assert_eq!(loader("7f00-7f01 r-xp 00000000 fe:00 12  /usr/bin/chaos\n"), None);
    }

    #[test]
    fn libraries_go_by_the_names_that_are_asked_for() {
        let listed = "\
\tlinux-vdso.so.1 (0x00007ffd)
\tlibz.so.1 => /lib/libz.so.1 (0x00007f30)
\t/lib64/ld-linux-x86-64.so.2 => /lib64/ld-linux-x86-64.so.2 (0x00007f31)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f31)
";
        let expected = [("libz.so.1".to_owned(), PathBuf::from("/lib/libz.so.1"))];
        assert_eq!(listed_libraries(listed), expected);
    }

    #[test]
    fn this_program_has_files_that_are_there() {
        let program = Program::own().unwrap();
        for mount in program.mounts() {
            let source = mount.source.unwrap();
            assert!(Path::new(&source).is_file(), "{source}");
            assert_eq!(mount.read_only, Some(true));
        }
        assert_eq!(program.command().last().unwrap(), "/chaos/chaos");
    }

    #[test]
    fn a_file_that_others_cannot_read_is_named_with_what_to_do() {
        use std::os::unix::fs::{PermissionsExt, chown};
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o600)).unwrap();
        if nix::unistd::geteuid().is_root() {
            assert!(real(file.path()).is_ok(), "root's own");
            chown(file.path(), Some(65_534), None).unwrap();
        }
        let error = real(file.path()).unwrap_err().to_string();
        assert!(error.contains("cannot be read") && error.contains("chmod o+r"), "{error}");
    }
}
