use std::fs;
use std::io::Read as _;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use nexus_config::Roots;
use rustix::fs::{RenameFlags, renameat_with};
use tempfile::TempDir;

use super::*;

/// Opens that the race is run for, and the most that it may take until it was seen both ways.
const RACES: u32 = 5_000;
const RACES_MAX: u32 = 2_000_000;

/// `root/dir/in.csv`, which may be read, and `root/link`, which leads to a directory outside with
/// an `in.csv` of its own.
struct House {
    _dir: TempDir,
    root: PathBuf,
}

impl House {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let base = fs::canonicalize(dir.path()).unwrap();
        let (root, secret) = (base.join("root"), base.join("secret"));
        fs::create_dir_all(root.join("dir")).unwrap();
        fs::create_dir(&secret).unwrap();
        fs::write(root.join("dir/in.csv"), "public").unwrap();
        fs::write(secret.join("in.csv"), "secret").unwrap();
        symlink(&secret, root.join("link")).unwrap();
        Self { _dir: dir, root }
    }

    fn file(&self) -> PathBuf {
        self.root.join("dir/in.csv")
    }

    /// Puts the link in the directory's place, or back, in one step.
    fn swap(&self) {
        let (dir, link) = (self.root.join("dir"), self.root.join("link"));
        renameat_with(CWD, &dir, CWD, &link, RenameFlags::EXCHANGE).unwrap();
    }
}

fn read(mut file: File) -> String {
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    text
}

fn refused(outcome: Result<File, OpenError>) -> String {
    match outcome {
        Err(OpenError::AtFault(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_directory_that_became_a_link_is_refused() {
    for open in [open_admitted, open_and_compare] {
        let house = House::new();
        let admitted = house.file();
        assert_eq!(read(open(&admitted).unwrap()), "public");
        house.swap();
        assert_eq!(fs::read_to_string(&admitted).unwrap(), "secret");
        assert!(refused(open(&admitted)).contains("was replaced"));
    }
}

#[test]
fn a_file_that_became_a_link_or_a_pipe_is_refused() {
    for open in [open_admitted, open_and_compare] {
        let house = House::new();
        fs::remove_file(house.file()).unwrap();
        symlink(house.root.join("link/in.csv"), house.file()).unwrap();
        assert!(refused(open(&house.file())).contains("was replaced"));
        fs::remove_file(house.file()).unwrap();
        rustix::fs::mkfifoat(CWD, house.file(), Mode::RUSR).unwrap();
        assert!(refused(open(&house.file())).contains("was replaced"));
        fs::remove_file(house.file()).unwrap();
        assert!(matches!(open(&house.file()), Err(OpenError::Passing(_))));
    }
}

#[test]
fn no_race_of_links_reveals_a_secret() {
    for open in [open_admitted, open_and_compare] {
        let house = House::new();
        let roots = Roots::new(std::slice::from_ref(&house.root));
        let over = AtomicBool::new(false);
        let (mut opened, mut refused, mut tried) = (0, 0, 0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    house.swap();
                }
            });
            // The path as the race finds it, and the path as it was admitted before.
            while tried < RACES || (opened == 0 || refused == 0) && tried < RACES_MAX {
                tried += 1;
                let admitted = match roots.admit(&house.file()) {
                    Ok(admitted) => admitted,
                    Err(_) => house.file(),
                };
                match open(&admitted) {
                    Ok(file) => {
                        opened += 1;
                        if read(file) != "public" {
                            refused = u32::MAX;
                            break;
                        }
                    }
                    Err(_) => refused += 1,
                }
            }
            over.store(true, Ordering::Relaxed);
        });
        assert_ne!(refused, u32::MAX, "the secret was read");
        assert!(
            opened > 0 && refused > 0,
            "{opened} opened, {refused} refused"
        );
    }
}
