//! The job that the command line describes.

use nexus_config::Span;
use nexus_jobs::kinds::{self, KindDefaults};
use nexus_jobs::{NewJob, QueueName};

use super::EnqueueArgs;
use crate::exit::{Exit, Failure};
use crate::output::note;

/// The job, its arguments read and, of a built-in kind, checked. `bytes_max` bounds the arguments.
pub(super) fn new_job(args: &EnqueueArgs, bytes_max: u64) -> anyhow::Result<NewJob> {
    let usage = |error: &dyn std::fmt::Display| Failure::new(Exit::Usage, error.to_string());
    if args.timeout == Some(Span::ZERO) {
        return Err(Failure::new(Exit::Usage, "--timeout must be above zero").into());
    }
    let raw = args.args.read(bytes_max)?;
    let known = kinds::built_in(&args.kind);
    if let Some(known) = known {
        (known.check)(raw.get()).map_err(|wrong| {
            let wrong = format!("arguments that {} does not take: {wrong}", args.kind);
            Failure::new(Exit::Usage, wrong)
        })?;
    }
    let mut job = NewJob::raw(&args.kind, raw).map_err(|error| usage(&error))?;
    if known.is_none() {
        let kind = &job.kind;
        note(&format!(
            "kind {kind} is not built in; a worker that knows it will check its arguments"
        ));
    }
    if let Some(&KindDefaults {
        queue,
        band,
        weight,
        attempts,
        ..
    }) = known
    {
        job.queue = QueueName::new(queue).map_err(|error| usage(&error))?;
        job.band = band;
        job.weight = weight;
        job.kind_attempts = attempts();
    }
    if let Some(queue) = &args.queue {
        job.queue = queue.clone();
    }
    job.band = args.band.unwrap_or(job.band);
    job.attempts = args.attempts;
    job.timeout = args.timeout.map(Span::get);
    job = job.tags(&args.tags).tenant(args.tenant.tenant);
    job = match (args.r#in, args.at) {
        (Some(wait), _) => job.after(wait.get()),
        (None, Some(time)) => job.at(time.0),
        (None, None) => job,
    };
    args.options.on(job)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use std::time::Duration;

    use nexus_jobs::{Backoff, Band, Due, OnConflict, Weight};

    use super::*;
    use crate::diagnosis::diagnose;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: EnqueueArgs,
    }

    fn job(line: &str) -> anyhow::Result<NewJob> {
        let words = std::iter::once("enqueue").chain(line.split(' '));
        new_job(&Line::try_parse_from(words)?.args, 1000)
    }

    #[test]
    fn a_built_in_kind_brings_its_defaults() {
        let made =
            job("process_dataset --args {\"dataset_id\":7,\"load_id\":8} --in 5m --tag a --tag b")
                .unwrap();
        assert_eq!(made.queue.as_str(), "datasets");
        assert_eq!(made.weight, Weight::Heavy);
        assert_eq!(made.due, Due::In(Duration::from_mins(5)));
        assert_eq!(made.tags, ["a", "b"]);
        let moved = job("noop --queue default --band low").unwrap();
        assert_eq!((moved.queue.as_str(), moved.band), ("default", Band::Low));
    }

    #[test]
    fn what_few_jobs_are_told_reaches_them() {
        let made = job("noop --unique-by a,b --unique-for 1h --on-conflict debounce").unwrap();
        let unique = made.unique.unwrap();
        assert_eq!(unique.by, ["a", "b"]);
        assert_eq!(unique.on_conflict, OnConflict::DEBOUNCE);
        let made = job(
            "noop --order-key k --limit-key l --backoff {\"strategy\":\"fixed\",\"wait_ms\":5}",
        )
        .unwrap();
        assert_eq!(made.order_key.as_deref(), Some("k"));
        assert_eq!(made.limit_key.as_deref(), Some("l"));
        let wait = Duration::from_millis(5);
        assert_eq!(made.backoff, Some(Backoff::Fixed { wait }));
    }

    #[test]
    fn mistakes_are_told_before_anything_is_enqueued() {
        let error = job("process_dataset --args {\"dataset\":7}").unwrap_err();
        assert_eq!(diagnose(&error).exit, Exit::Usage);
        assert!(diagnose(&error).message.contains("unknown field `dataset`"));
        for line in [
            "noop --in 5m --at 2026-11-20",
            "noop --count 0",
            "noop --attempts 0",
            "noop --wait-timeout 5s",
            "noop --on-conflict reject",
            "noop --backoff fixed",
            "noop --unique --on-conflict merge",
            "noop --unique --unique-state completed",
            "noop --expires-in 5m --expires-at 2030-01-01",
        ] {
            assert!(job(line).is_err(), "{line}");
        }
        assert_eq!(diagnose(&job("Bad Kind").unwrap_err()).exit, Exit::Failed);
        assert_eq!(diagnose(&job("Bad").unwrap_err()).exit, Exit::Usage);
    }
}
