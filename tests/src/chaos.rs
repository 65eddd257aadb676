//! The engine under fire: everything is killed while a checker counts.
//!
//! In the style of Jepsen's total-queue test. Producers log each id that they were promised;
//! handlers append each run to a file before they work, and leave effects through the fenced
//! context; meanwhile processes, servers and lines fail by a schedule that a seed decides. At
//! the end logs and tables are held against one another.
//!
//! | idea | file |
//! |---|---|
//! | what is asked for, and the run from first server to verdict | [`options`], [`run`](mod@run) |
//! | the sorts of faults, when which falls, acting them out | [`fault`], [`schedule`], [`injector`], [`dice`] |
//! | what is hit: servers, a disk, lines, processes | [`own_postgres`], [`own_broker`], [`own_kafka`], [`small_disk`], [`fault_proxy`], [`fleet`], [`ports`] |
//! | the processes themselves | [`roles`], [`run_settings`] |
//! | the jobs, how they are done, and what is noted of it | [`kinds`], [`handlers`], [`run_log`] |
//! | who enqueues them: producers, workflows, schedules | [`producers`], [`flows`], [`ticking`] |
//! | the run's tables, and looking at them | [`tables`], [`watcher`] |
//! | what was promised against what is there; the report | [`checker`], [`report`] |

pub mod checker;
pub mod dice;
pub mod fault;
pub mod fault_proxy;
pub mod fleet;
pub mod flows;
pub mod handlers;
pub mod injector;
pub mod kinds;
pub mod options;
pub mod own_broker;
pub mod own_kafka;
pub mod own_postgres;
pub mod ports;
pub mod producers;
pub mod report;
pub mod roles;
pub mod run;
pub mod run_log;
pub mod run_settings;
pub mod schedule;
pub mod small_disk;
pub mod tables;
pub mod ticking;
pub mod watcher;

pub use options::Options;
pub use run::run;

/// Prints a line of progress.
#[expect(clippy::print_stdout, reason = "this is what the program is for")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}
