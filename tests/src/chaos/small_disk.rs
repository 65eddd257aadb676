//! A disk of a few megabytes that can be filled, where the machine lets us mount one.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::Context;

/// Bytes of the disk: enough for a broker that is kept small, little to fill.
const BYTES: usize = 64 * 1024 * 1024;

/// Mounts it where only the processes that enter see it, and keeps it until the holder ends.
const HOLD: &str =
    r#"mount -t tmpfs -o size="$1" tmpfs "$2" && echo mounted && exec sleep infinity"#;

/// A small file system in a name space of its own. It is gone when dropped, but not with the
/// server that writes to it.
#[derive(Debug)]
pub struct SmallDisk {
    holder: Child,
    dir: PathBuf,
}

impl SmallDisk {
    /// Mounts one over `dir`; `None` where no file system may be mounted.
    pub fn over(dir: &Path) -> anyhow::Result<Option<Self>> {
        let mut command = Command::new("unshare");
        command.args(["-Urm", "setpriv", "--pdeathsig", "KILL", "--", "sh", "-c"]);
        command.args([HOLD, "sh", &BYTES.to_string()]).arg(dir);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut holder = match command.stderr(Stdio::null()).spawn() {
            Ok(holder) => holder,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).context("unshare"),
        };
        let mut said = String::new();
        if let Some(out) = holder.stdout.take() {
            BufReader::new(out).read_line(&mut said)?;
        }
        if said.trim() != "mounted" {
            let _ = holder.kill();
            holder.wait()?;
            return Ok(None);
        }
        let dir = dir.to_owned();
        Ok(Some(Self { holder, dir }))
    }

    /// A command that runs `program` where the disk is seen, and dies with us.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--preserve-credentials", "-U", "-m", "-t"]);
        command.arg(self.holder.id().to_string());
        command.args(["--", "setpriv", "--pdeathsig", "KILL", "--", program]);
        command
    }

    /// The directory as it is seen from outside.
    pub fn seen(&self) -> PathBuf {
        let inside = self.dir.strip_prefix("/").unwrap_or(&self.dir);
        PathBuf::from(format!("/proc/{}/root", self.holder.id())).join(inside)
    }

    /// Fills it to the last byte.
    pub fn fill(&self) -> anyhow::Result<()> {
        let mut ballast = File::create(self.ballast())?;
        let mut block = vec![0; 64 * 1024];
        while !block.is_empty() {
            match ballast.write(&block) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => {
                    block.truncate(block.len() / 2);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Makes room again.
    pub fn clear(&self) -> anyhow::Result<()> {
        Ok(std::fs::remove_file(self.ballast())?)
    }

    fn ballast(&self) -> PathBuf {
        self.seen().join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
