//! What handlers note before they work: an append-only file a process, a line a note.
//!
//! A line is written by one call, so a process that is killed leaves whole lines only.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use anyhow::Context as _;
use nexus_workers::Context;
use uuid::Uuid;

/// One run of a job, as its handler noted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The job.
    pub job: i64,
    /// Which claim of it.
    pub run: u32,
    /// Which attempt.
    pub attempt: u32,
    /// The claim's token.
    pub token: Uuid,
}

/// A note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// A handler begins.
    Run(Run),
    /// It answers that it snoozes.
    Snooze {
        /// The job.
        job: i64,
        /// Its run.
        run: u32,
    },
    /// It wanted to commit, and was refused: its claim is stale.
    Stale {
        /// The job.
        job: i64,
        /// Its run.
        run: u32,
    },
}

/// The notes of a process.
#[derive(Debug)]
pub struct RunLog(File);

impl RunLog {
    /// Opens it for appending.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let file = File::options().create(true).append(true).open(path);
        Ok(Self(file.with_context(|| path.display().to_string())?))
    }

    /// A handler begins.
    pub fn run(&self, ctx: &Context) -> std::io::Result<()> {
        let (job, run, attempt, token) = (ctx.job(), ctx.run(), ctx.attempt(), ctx.token());
        self.line(&format!("run {job} {run} {attempt} {token}\n"))
    }

    /// A handler snoozes.
    pub fn snooze(&self, ctx: &Context) -> std::io::Result<()> {
        self.line(&format!("snooze {} {}\n", ctx.job(), ctx.run()))
    }

    /// A handler was refused.
    pub fn stale(&self, ctx: &Context) -> std::io::Result<()> {
        self.line(&format!("stale {} {}\n", ctx.job(), ctx.run()))
    }

    fn line(&self, text: &str) -> std::io::Result<()> {
        (&self.0).write_all(text.as_bytes())
    }
}

/// Reads the notes of all processes in a directory.
pub fn read_all(dir: &Path) -> anyhow::Result<Vec<Note>> {
    let mut notes = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "runs")
        {
            for line in BufReader::new(File::open(&path)?).lines() {
                let line = line?;
                let note = parse(&line);
                notes.push(note.with_context(|| format!("{}: {line:?}", path.display()))?);
            }
        }
    }
    Ok(notes)
}

fn parse(line: &str) -> Option<Note> {
    let mut words = line.split(' ');
    let (note, job, run) = (words.next()?, words.next()?, words.next()?);
    let (job, run) = (job.parse().ok()?, run.parse().ok()?);
    match note {
        "run" => Some(Note::Run(Run {
            job,
            run,
            attempt: words.next()?.parse().ok()?,
            token: words.next()?.parse().ok()?,
        })),
        "snooze" => Some(Note::Snooze { job, run }),
        "stale" => Some(Note::Stale { job, run }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_read_as_they_were_written() {
        let token = Uuid::from_u128(7);
        let run = Run {
            job: 5,
            run: 2,
            attempt: 1,
            token,
        };
        assert_eq!(parse(&format!("run 5 2 1 {token}")), Some(Note::Run(run)));
        assert_eq!(parse("stale 5 2"), Some(Note::Stale { job: 5, run: 2 }));
        assert_eq!(parse("snooze 5 2"), Some(Note::Snooze { job: 5, run: 2 }));
        assert_eq!(parse(&format!("run 5 2 {token}")), None);
        assert_eq!(parse(""), None);
    }
}
