//! Which files of this machine may be read on somebody's word.

use std::fmt;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

/// Directories that a file must lie under to be read. They are looked up anew on every call, so one
/// that is missing or moved needs no restart.
#[derive(Clone, Debug)]
pub struct Roots {
    roots: Vec<PathBuf>,
}

/// Why a path is not admitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {reason}; {}", .path.display(), Allowed(.roots))]
pub struct NotAdmitted {
    /// The path as it was given.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: NotAdmittedReason,
    /// The directories that it may lie under.
    pub roots: Vec<PathBuf>,
}

/// What is wrong with a path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmittedReason {
    /// It could lie under a root, but there is nothing.
    #[error("there is no such file")]
    NotFound,
    /// A directory, a device, a pipe.
    #[error("it is not a regular file")]
    NotAFile,
    /// Under none of the roots, be it through `..` or a symbolic link. Whether it exists is not told.
    #[error("it does not lie under an allowed directory")]
    Outside,
    /// It is there, but this process may not read it.
    #[error("it cannot be read ({0})")]
    Unreadable(String),
}

/// The roots, as the end of a sentence.
struct Allowed<'a>(&'a [PathBuf]);

impl fmt::Display for Allowed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("no directory is allowed (datasets.roots)"),
            roots => {
                let roots: Vec<_> = roots
                    .iter()
                    .map(|root| root.display().to_string())
                    .collect();
                write!(f, "allowed (datasets.roots): {}", roots.join(", "))
            }
        }
    }
}

impl Roots {
    /// Files under these directories are admitted.
    pub fn new(roots: &[PathBuf]) -> Self {
        Self {
            roots: roots.to_vec(),
        }
    }

    /// The absolute path, symbolic links resolved, of a regular file that lies under a root and can be
    /// read. A relative path starts at the working directory or, if there is nothing, at each root.
    pub fn admit(&self, path: &Path) -> Result<PathBuf, NotAdmitted> {
        self.find(path).map_err(|reason| NotAdmitted {
            path: path.to_owned(),
            reason,
            roots: self.roots.clone(),
        })
    }

    fn find(&self, path: &Path) -> Result<PathBuf, NotAdmittedReason> {
        let bases: Vec<PathBuf> = self.roots.iter().flat_map(|root| forms(root)).collect();
        let mut worst = NotAdmittedReason::Outside;
        for candidate in self.candidates(path) {
            match fs::canonicalize(&candidate) {
                Ok(found) => return regular_file(found, &bases),
                Err(error) if under(&plain(&candidate), &bases) => {
                    let reason = refusal(&error);
                    if reason != NotAdmittedReason::NotFound {
                        return Err(reason);
                    }
                    worst = reason;
                }
                // Neither here nor allowed: the next candidate.
                Err(_) => {}
            }
        }
        Err(worst)
    }

    fn candidates(&self, path: &Path) -> Vec<PathBuf> {
        let here = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let mut candidates = vec![here];
        if path.is_relative() {
            candidates.extend(self.roots.iter().map(|root| root.join(path)));
        }
        candidates
    }
}

/// A root as it is written and as it is found, for the same directory may be named either way.
fn forms(root: &Path) -> Vec<PathBuf> {
    let found = fs::canonicalize(root).ok();
    let written = (!root.as_os_str().is_empty()).then(|| plain(root));
    found.into_iter().chain(written).collect()
}

/// The absolute path without `.` and `..`, by its text alone.
fn plain(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

fn under(path: &Path, bases: &[PathBuf]) -> bool {
    bases.iter().any(|base| path.starts_with(base))
}

/// Checks a path without links. Only the canonical roots can contain it.
fn regular_file(found: PathBuf, bases: &[PathBuf]) -> Result<PathBuf, NotAdmittedReason> {
    if !under(&found, bases) {
        return Err(NotAdmittedReason::Outside);
    }
    let about = fs::metadata(&found).map_err(|error| refusal(&error))?;
    if !about.is_file() {
        return Err(NotAdmittedReason::NotAFile);
    }
    File::open(&found).map_err(|error| refusal(&error))?;
    Ok(found)
}

fn refusal(error: &std::io::Error) -> NotAdmittedReason {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => NotAdmittedReason::NotFound,
        _ => NotAdmittedReason::Unreadable(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::*;

    /// `allowed/in.csv`, `allowed/deep/`, `secret.csv` beside the root.
    fn house() -> (TempDir, Roots) {
        let dir = TempDir::new().unwrap();
        fs::create_dir_all(dir.path().join("allowed/deep")).unwrap();
        fs::write(dir.path().join("allowed/in.csv"), "a").unwrap();
        fs::write(dir.path().join("secret.csv"), "b").unwrap();
        let roots = Roots::new(&[dir.path().join("allowed")]);
        (dir, roots)
    }

    fn reason(roots: &Roots, path: impl AsRef<Path>) -> NotAdmittedReason {
        roots.admit(path.as_ref()).unwrap_err().reason
    }

    #[test]
    fn a_file_under_a_root_is_admitted_by_its_true_path() {
        let (dir, roots) = house();
        let file = fs::canonicalize(dir.path().join("allowed/in.csv")).unwrap();
        assert_eq!(roots.admit(&file), Ok(file.clone()));
        let roundabout = dir.path().join("allowed/deep/../in.csv");
        assert_eq!(roots.admit(&roundabout), Ok(file.clone()));
        assert_eq!(roots.admit(Path::new("in.csv")), Ok(file));
    }

    #[test]
    fn a_link_is_judged_by_where_it_leads() {
        let (dir, roots) = house();
        symlink(
            dir.path().join("secret.csv"),
            dir.path().join("allowed/out.csv"),
        )
        .unwrap();
        symlink(dir.path().join("allowed"), dir.path().join("in")).unwrap();
        assert_eq!(
            reason(&roots, dir.path().join("allowed/out.csv")),
            NotAdmittedReason::Outside
        );
        assert!(roots.admit(&dir.path().join("in/in.csv")).is_ok());
    }

    #[test]
    fn a_root_may_be_a_link() {
        let (dir, _) = house();
        symlink(dir.path().join("allowed"), dir.path().join("root")).unwrap();
        let roots = Roots::new(&[dir.path().join("root")]);
        assert!(roots.admit(&dir.path().join("root/in.csv")).is_ok());
        assert!(roots.admit(&dir.path().join("allowed/in.csv")).is_ok());
        assert_eq!(
            reason(&roots, dir.path().join("root/none.csv")),
            NotAdmittedReason::NotFound
        );
    }

    #[test]
    fn dots_do_not_lead_out() {
        let (dir, roots) = house();
        for out in [
            "allowed/../secret.csv",
            "allowed/deep/../../secret.csv",
            "secret.csv",
        ] {
            assert_eq!(
                reason(&roots, dir.path().join(out)),
                NotAdmittedReason::Outside
            );
        }
        assert_eq!(reason(&roots, "../secret.csv"), NotAdmittedReason::Outside);
        // A root's name that is only the beginning of another's.
        fs::create_dir(dir.path().join("allowed2")).unwrap();
        fs::write(dir.path().join("allowed2/x"), "").unwrap();
        assert_eq!(
            reason(&roots, dir.path().join("allowed2/x")),
            NotAdmittedReason::Outside
        );
    }

    #[test]
    fn what_lies_outside_is_not_told_apart_from_what_does_not_exist() {
        let (dir, roots) = house();
        assert_eq!(
            reason(&roots, dir.path().join("nothing.csv")),
            NotAdmittedReason::Outside
        );
        assert_eq!(
            reason(&roots, dir.path().join("allowed/../nothing.csv")),
            NotAdmittedReason::Outside
        );
    }

    #[test]
    fn a_directory_and_a_missing_file_are_told_apart() {
        let (dir, roots) = house();
        assert_eq!(
            reason(&roots, dir.path().join("allowed/deep")),
            NotAdmittedReason::NotAFile
        );
        assert_eq!(
            reason(&roots, dir.path().join("allowed")),
            NotAdmittedReason::NotAFile
        );
        for none in ["allowed/none.csv", "allowed/in.csv/x"] {
            assert_eq!(
                reason(&roots, dir.path().join(none)),
                NotAdmittedReason::NotFound
            );
        }
        assert_eq!(reason(&roots, "none.csv"), NotAdmittedReason::NotFound);
        let circle = dir.path().join("allowed/circle");
        symlink(&circle, &circle).unwrap();
        assert!(matches!(
            reason(&roots, &circle),
            NotAdmittedReason::Unreadable(_)
        ));
    }

    #[test]
    fn a_missing_root_admits_nothing_and_hides_no_other() {
        let (dir, _) = house();
        let missing = Roots::new(&[dir.path().join("gone")]);
        assert_eq!(
            reason(&missing, dir.path().join("allowed/in.csv")),
            NotAdmittedReason::Outside
        );
        let both = Roots::new(&[dir.path().join("gone"), dir.path().join("allowed")]);
        assert!(both.admit(Path::new("in.csv")).is_ok());
    }

    #[test]
    fn the_message_says_what_is_allowed() {
        let roots = Roots::new(&["/srv/none-a".into(), "/srv/none-b".into()]);
        insta::assert_snapshot!(
            roots.admit(Path::new("/etc/passwd")).unwrap_err(),
            @"/etc/passwd: it does not lie under an allowed directory; allowed (datasets.roots): /srv/none-a, /srv/none-b"
        );
        insta::assert_snapshot!(
            Roots::new(&[]).admit(Path::new("/etc/passwd")).unwrap_err(),
            @"/etc/passwd: it does not lie under an allowed directory; no directory is allowed (datasets.roots)"
        );
    }
}
