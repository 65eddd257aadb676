//! `[supervisor]`: worker processes kept running by a parent.

use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;
use crate::checks::Checks;
use crate::span::Span;

/// Most processes of one supervisor: a slip of the keyboard must not fill the machine.
pub const PROCESSES_MAX: u16 = 1024;

/// The parent of several worker processes.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Supervisor {
    /// Worker processes; 1 is a worker without a supervisor.
    pub processes: u16,
    /// Pause between looks at the processes and into the ledger.
    pub check_every: Span,
    /// Longest pause before a process that died once is started again; it doubles.
    pub restart_base: Span,
    /// Longest pause before any start.
    pub restart_cap: Span,
    /// Deaths in a row that are a crash loop.
    pub crash_loop_deaths: u32,
    /// Time that a process must live for its death not to be one in a row.
    pub crash_loop_within: Span,
    /// Resident memory above which a process is replaced; 0 for no ceiling.
    pub memory_max: Bytes,
}

impl Supervisor {
    pub(super) fn check(&self, checks: &mut Checks) {
        checks.require(
            (1..=PROCESSES_MAX).contains(&self.processes),
            &["supervisor.processes"],
            format_args!("{} is out of range", self.processes),
            format_args!("1 to {PROCESSES_MAX}"),
        );
        checks.lasting("supervisor.check_every", self.check_every);
        checks.lasting("supervisor.restart_base", self.restart_base);
        checks.not_above(
            ("supervisor.restart_base", self.restart_base),
            ("supervisor.restart_cap", self.restart_cap),
        );
        checks.at_least("supervisor.crash_loop_deaths", self.crash_loop_deaths, 1);
        checks.lasting("supervisor.crash_loop_within", self.crash_loop_within);
    }
}
