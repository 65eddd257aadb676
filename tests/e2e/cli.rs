//! The command line, run as its users run it.

mod away;
mod cases;
mod datasets;
mod enqueue;
mod generate;
mod jobs;
mod migrate;
mod printing;
mod roles;
mod schedules;
mod settings;
mod workflows;

use std::process::Output;

use nexus_tests::TestBed;
use serde_json::Value;

/// The exit code of a command.
fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

/// What a command says on standard error.
fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Runs a command that must succeed, for its JSON.
async fn json(bed: &TestBed, args: &[&str]) -> Value {
    let text = bed.nexus_ok(&[args, &["--json"]].concat()).await;
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The words of a table's lines.
fn words(table: &str) -> Vec<Vec<&str>> {
    let lines = table.lines();
    lines
        .map(|line| line.split_whitespace().collect())
        .collect()
}

/// No line of a text is wider than a terminal that does not tell its width.
fn fits(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}
