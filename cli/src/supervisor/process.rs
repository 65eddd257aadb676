//! One process of the operating system.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use nexus_jobs::WorkerId;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tokio::process::{Child, Command};

use super::fleet::Cause;
use super::membership::Membership;

/// Whether [`resident_bytes`] knows anything here.
pub(super) const RESIDENT_IS_KNOWN: bool = cfg!(target_os = "linux");

/// The setting that names a process in the groups of Kafka.
const INSTANCE: &str = "NEXUS_KAFKA__INSTANCE";

/// What every worker process runs.
#[derive(Debug)]
pub(crate) struct Program {
    path: PathBuf,
    args: Vec<OsString>,
    /// `kafka.instance`, of which each process gets a name of its own.
    instance: String,
}

impl Program {
    /// This binary's `work`. Its path is kept and not its file, so that processes that
    /// are started after an upgrade are of the new version.
    pub(crate) fn work(config: Option<&Path>, instance: &str) -> io::Result<Self> {
        let config = config.map(|file| ["--config".into(), file.into()]);
        Ok(Self {
            path: std::env::current_exe()?,
            args: config
                .into_iter()
                .flatten()
                .chain(["work".into()])
                .collect(),
            instance: instance.to_owned(),
        })
    }

    /// Starts a worker process under an id, in a seat that no other process is in.
    pub(super) fn start(&self, worker: WorkerId, seat: usize) -> io::Result<(Child, u32)> {
        let child = Command::new(&self.path)
            .args(&self.args)
            .envs(Membership::of_this(worker).to_env())
            .envs(instance_of(&self.instance, seat).map(|name| (INSTANCE, name)))
            .stdin(Stdio::null())
            // A Ctrl-C is for the supervisor alone, which drains them.
            .process_group(0)
            .spawn()?;
        let pid = child.id().ok_or(io::ErrorKind::NotFound)?;
        Ok((child, pid))
    }
}

/// A process's own name in the groups of Kafka; none where none is set. Two processes of one name
/// would throw each other out.
fn instance_of(instance: &str, seat: usize) -> Option<String> {
    (!instance.is_empty()).then(|| format!("{instance}-{}", seat + 1))
}

/// Asks a child of this process to drain. One that has ended is not reaped yet, so its
/// process id is nobody else's.
pub(super) fn terminate(pid: u32) {
    if let Some(pid) = to_pid(pid)
        && let Err(error) = kill_process(pid, Signal::TERM)
    {
        tracing::debug!(%error, "it has ended meanwhile");
    }
}

/// Whether there is such a process on this machine.
pub(super) fn is_there(pid: i32) -> bool {
    Pid::from_raw(pid).is_some_and(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

/// Memory of a process that is resident, in bytes, where that is known.
pub(super) fn resident_bytes(pid: u32) -> Option<u64> {
    if !RESIDENT_IS_KNOWN {
        return None;
    }
    resident_of(&std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

/// `VmRSS` of `/proc/PID/status`, which is in kibibytes.
fn resident_of(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

pub(super) fn cause_of(status: ExitStatus) -> Cause {
    match status.signal() {
        Some(signal) => Cause::Signal(signal),
        None => Cause::Exit(status.code().unwrap_or_default()),
    }
}

fn to_pid(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read() {
        let status = "Name:\tnexus\nVmRSS:\t   51200 kB\nThreads:\t4\n";
        assert_eq!(resident_of(status), Some(50 << 20));
        assert_eq!(resident_of("Name:\tnexus\nState:\tZ (zombie)\n"), None);
        if RESIDENT_IS_KNOWN {
            assert!(resident_bytes(std::process::id()).unwrap() > 1 << 20);
        }
    }

    #[test]
    fn every_seat_has_a_name_of_its_own() {
        assert_eq!(instance_of("host-a", 0).as_deref(), Some("host-a-1"));
        assert_eq!(instance_of("host-a", 1).as_deref(), Some("host-a-2"));
        assert_eq!(instance_of("", 0), None);
    }

    #[test]
    fn this_process_is_there() {
        let own = i32::try_from(std::process::id()).unwrap();
        assert!(is_there(own));
        assert!(!is_there(i32::MAX));
    }
}
