//! The report: one JSON object, the last line of a run.

use std::time::Duration;

use serde::Serialize;

use super::checker::Figures;
use super::options::Options;
use super::say;

/// A run's figures, and what they mean.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether all is well.
    ok: bool,
    /// What is not.
    wrong: Vec<String>,
    seed: u64,
    transport: &'static str,
    jobs: u64,
    workers: u8,
    unfenced: bool,
    /// From the first server's start to the verdict.
    seconds: f64,
    #[serde(flatten)]
    figures: Figures,
}

impl Report {
    /// That of a run.
    pub fn new(
        options: &Options,
        seed: u64,
        took: Duration,
        figures: Figures,
        wrong: Vec<String>,
    ) -> Self {
        Self {
            ok: wrong.is_empty(),
            wrong,
            seed,
            transport: options.transport.name(),
            jobs: options.jobs,
            workers: options.workers,
            unfenced: options.unfenced,
            seconds: took.as_secs_f64(),
            figures,
        }
    }

    /// Prints it.
    pub fn print(&self) -> anyhow::Result<()> {
        say(&serde_json::to_string(self)?);
        Ok(())
    }
}
