//! The one binary of NEXUS Jobs, `nexus`.
//!
//! | idea | file |
//! |---|---|
//! | the command line | [`command_line`] |
//! | one command a file | [`commands`] |
//! | settings and output | [`invocation`] |
//! | exit codes, and which error ends in which | [`exit`], [`diagnosis`] |
//! | tables, pages, progress | [`output`] |
//! | arguments that commands share | [`arguments`] |
//! | looking at the ledger until something has happened | [`waiting`] |
//! | what runs for long: API, relay, rescuer, workers | [`roles`], [`signals`] |
//! | a parent of worker processes | [`supervisor`] |
//! | who runs the command | [`user`] |
//! | benchmarks | [`bench`] |
//!
//! Absent on purpose: SQL, and any rule about jobs. A command reads arguments, calls
//! what the API calls too, and prints.

mod arguments;
mod bench;
mod command_line;
mod commands;
mod diagnosis;
mod exit;
mod invocation;
mod output;
mod roles;
mod signals;
mod sql_callers;
mod supervisor;
mod user;
mod waiting;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;

use command_line::CommandLine;
use diagnosis::diagnose;
use exit::{Exit, PipeClosed};

/// How long threads that block may hold up the end of the process.
const THREADS_WITHIN: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let line = CommandLine::parse();
    let json = line.json;
    match run(line) {
        Ok(exit) => exit.into(),
        Err(error) if error.is::<PipeClosed>() => Exit::Ok.into(),
        Err(error) => report(&error, json).into(),
    }
}

fn run(line: CommandLine) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?;
    let ended = runtime.block_on(commands::run(line));
    runtime.shutdown_timeout(THREADS_WITHIN);
    ended
}

/// Tells what was wrong and what to do, on standard error.
fn report(error: &anyhow::Error, json: bool) -> Exit {
    let diagnosis = diagnose(error);
    if json && let Ok(text) = serde_json::to_string(&serde_json::json!({ "error": diagnosis })) {
        output::note(&text);
        return diagnosis.exit;
    }
    output::note(&format!(
        "error: {}",
        output::text::lines(&diagnosis.message)
    ));
    if let Some(hint) = &diagnosis.hint {
        output::note(&format!(" hint: {hint}"));
    }
    diagnosis.exit
}
