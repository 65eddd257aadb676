//! A role of `nexus` whose spool is a disk of its own, small enough to be filled.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::bed::TestBed;
use crate::binary::{Running, binary};

/// Bytes of the disk.
pub const SMALL_SPOOL_BYTES: usize = 256 * 1024;

/// Mounts it where nobody else sees it, so that it goes with the process, and becomes `nexus`.
const SCRIPT: &str = r#"mount -t tmpfs -o size="$1" tmpfs "$2" && shift 2 && exec "$@""#;

impl TestBed {
    /// Starts a role on a spool that is soon full, with a variable such as `NAME=value` for what a
    /// settings file hides. `None`, which it says, where no file system may be mounted.
    pub fn spawn_on_small_spool(&self, role: &str, variable: &str) -> Option<Running> {
        if !may_mount() {
            skipped();
            return None;
        }
        let spool = self.settings().datasets.spool.display().to_string();
        let size = SMALL_SPOOL_BYTES.to_string();
        let nexus = binary().display().to_string();
        let args = [
            "-Urm", "env", variable, "sh", "-c", SCRIPT, "sh", &size, &spool, &nexus, role,
        ];
        Some(self.spawn_program(Path::new("unshare"), &args, role))
    }

    /// The spool as that role sees it.
    pub fn spool_of(&self, running: &Running) -> PathBuf {
        let spool = &self.settings().datasets.spool;
        let inside = spool.strip_prefix("/").expect("an absolute path");
        PathBuf::from(format!("/proc/{}/root", running.pid())).join(inside)
    }
}

fn may_mount() -> bool {
    let mut command = Command::new("unshare");
    command.args(["-Urm", "sh", "-c", "mount -t tmpfs tmpfs /tmp"]);
    let tried = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skipped() {
    eprintln!("skipped: no file system may be mounted here (unshare -Urm)");
}
