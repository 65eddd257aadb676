//! What becomes of a process that has lost a thread for good.
//!
//! Nothing in a process ends a handler that never gives its thread back; only the
//! process's own end does. By then the watchdog has settled that job and handed the
//! others back, so that nobody loses an attempt by it.

use std::sync::Arc;

/// The exit code of a process that ended to be started again: one of its handlers
/// never gave its thread back.
pub const STUCK_EXIT_CODE: i32 = 7;

/// What a process was doing when a thread of it was found to be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stuck {
    /// It was at work, and is to start again.
    Working,
    /// It had been told to end, and has only to do so.
    Draining,
}

/// What a process does then.
pub(crate) type OnStuck = Arc<dyn Fn(Stuck) + Send + Sync>;

/// Ends the process: with [`STUCK_EXIT_CODE`] if it was at work, for a supervisor to
/// start it again, else with 0. What [`crate::WorkerProcess`] does by default.
pub fn end(stuck: Stuck) {
    std::process::exit(match stuck {
        Stuck::Working => STUCK_EXIT_CODE,
        Stuck::Draining => 0,
    });
}

/// Starts the same program again in this process, with the same arguments and
/// environment, if it was at work; else, or where that fails, ends it as [`end`]
/// does. All threads end by it, the lost ones too, and the process's id stays.
pub fn start_again(stuck: Stuck) {
    if stuck == Stuck::Working {
        let error = exec_again();
        tracing::error!(%error, "the program cannot be started again");
    }
    end(stuck);
}

/// Returns only if it failed.
#[cfg(unix)]
fn exec_again() -> std::io::Error {
    use std::os::unix::process::CommandExt as _;
    use std::path::PathBuf;
    use std::process::Command;

    // On Linux the running program itself, also where its file was replaced since.
    let own = PathBuf::from("/proc/self/exe");
    let program = if own.exists() {
        own
    } else {
        match std::env::current_exe() {
            Ok(program) => program,
            Err(error) => return error,
        }
    };
    let mut args = std::env::args_os();
    let name = args.next().unwrap_or_else(|| program.clone().into());
    Command::new(program).arg0(name).args(args).exec()
}

#[cfg(not(unix))]
fn exec_again() -> std::io::Error {
    std::io::ErrorKind::Unsupported.into()
}
