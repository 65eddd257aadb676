mod options;
mod times;

use std::collections::BTreeSet;

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Integer, Jsonb, Nullable, SmallInt, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_config::{Enqueue, Kinds, Retry, Settings, Workflows};
use nexus_jobs::new_job::{check_key, check_tags};
use nexus_jobs::{Actor, Backoff, Due, Enqueued, JobId, NewJob, Unique};

use crate::error::{Error, Result};
use crate::prepared::{Prepared, sql_file};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    outcome: String,
}

/// The settings that every enqueue is held to.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Bounds of a call.
    pub limits: Enqueue,
    /// What a kind is set to have.
    pub kinds: Kinds,
    /// The default for kinds that say nothing.
    pub retry: Retry,
    /// Bounds of a workflow.
    pub workflows: Workflows,
}

impl Rules {
    /// Those of the settings.
    pub fn of(settings: &Settings) -> Self {
        Self {
            limits: settings.enqueue.clone(),
            kinds: settings.kinds.clone(),
            retry: settings.retry.clone(),
            workflows: settings.workflows.clone(),
        }
    }
}

/// Writes job rows and their dispatch rows, in whatever transaction `conn` is
/// in: the caller's own, or one of this statement. Returns what became of each, in
/// input order; the ids of those that are new rise in that order.
///
/// Refuses a batch over `batch_max`, arguments over `args_bytes_max`, a deadline before
/// the due time, a unique key of no field, and a tenant that is not there.
pub async fn enqueue(
    conn: &mut AsyncPgConnection,
    jobs: &[NewJob],
    actor: &Actor,
    rules: &Rules,
) -> Result<Vec<Enqueued>> {
    let limits = &rules.limits;
    check(jobs, limits)?;
    let tenants: Vec<i64> = jobs.iter().map(|job| job.tenant.0).collect();
    let kinds: Vec<&str> = jobs.iter().map(|job| job.kind.as_str()).collect();
    let queues: Vec<&str> = jobs.iter().map(|job| job.queue.as_str()).collect();
    let bands: Vec<i16> = jobs.iter().map(|job| job.band.number()).collect();
    let entry_ids: Vec<i32> = jobs
        .iter()
        .map(|job| i32::try_from(job.weight.entry_ids(limits.entry_ids_max)).unwrap_or(i32::MAX))
        .collect();
    let delays: Vec<i64> = jobs
        .iter()
        .map(|job| match job.due {
            Due::In(wait) => i64::try_from(wait.as_millis()).unwrap_or(i64::MAX),
            Due::Now | Due::At(_) => 0,
        })
        .collect();
    let ats: Vec<_> = jobs
        .iter()
        .map(|job| match job.due {
            Due::At(time) => Some(time),
            Due::Now | Due::In(_) => None,
        })
        .collect();
    let attempts: Vec<i32> = jobs
        .iter()
        .map(|job| {
            let (own, of_kind) = (job.attempts, job.kind_attempts);
            let attempts = rules.kinds.attempts(&job.kind, own, of_kind, &rules.retry);
            i32::try_from(attempts).unwrap_or(i32::MAX)
        })
        .collect();
    let timeouts: Vec<Option<i64>> = jobs
        .iter()
        .map(|job| {
            job.timeout
                .map(|t| i64::try_from(t.as_millis()).unwrap_or(i64::MAX))
        })
        .collect();
    let tags: Vec<Option<String>> = jobs.iter().map(|job| array_literal(&job.tags)).collect();
    let args: Vec<&str> = jobs.iter().map(|job| job.args.get()).collect();
    let rows: Vec<Row> = Prepared(
        sql_file!("enqueue.sql")
            .bind::<Array<BigInt>, _>(tenants)
            .bind::<Array<Text>, _>(kinds)
            .bind::<Array<Text>, _>(queues)
            .bind::<Array<SmallInt>, _>(bands)
            .bind::<Array<Integer>, _>(entry_ids)
            .bind::<Array<BigInt>, _>(delays)
            .bind::<Array<Nullable<Timestamptz>>, _>(ats)
            .bind::<Array<Integer>, _>(attempts)
            .bind::<Array<Nullable<BigInt>>, _>(timeouts)
            .bind::<Array<Nullable<Text>>, _>(tags)
            .bind::<Array<Text>, _>(args)
            .bind::<Text, _>(actor.as_str())
            .bind::<Nullable<Array<Nullable<Jsonb>>>, _>(options::of(jobs)),
    )
    .load(conn)
    .await?;
    if rows.is_empty() && !jobs.is_empty() {
        return Err(no_tenant(jobs));
    }
    rows.into_iter()
        .map(|row| {
            Enqueued::named(&row.outcome, JobId(row.id))
                .ok_or_else(|| Error::Database(format!("no outcome {:?}", row.outcome)))
        })
        .collect()
}

fn check(jobs: &[NewJob], limits: &Enqueue) -> Result<()> {
    if jobs.len() > limits.batch_max {
        return Err(Error::Invalid(format!(
            "{} jobs in one call; at most {} are allowed (enqueue.batch_max)",
            jobs.len(),
            limits.batch_max
        )));
    }
    for (index, job) in jobs.iter().enumerate() {
        let named = || format!("job {index} ({})", job.kind);
        check_has(job, limits).map_err(|has| Error::Invalid(format!("{} {has}", named())))?;
        check_words(job).map_err(|wrong| Error::Invalid(format!("{}: {wrong}", named())))?;
    }
    Ok(())
}

/// Whether one job is fit to be enqueued, as far as it alone decides; the text says what is
/// wrong.
pub fn check_job(job: &NewJob, limits: &Enqueue) -> Result<(), String> {
    check_has(job, limits).map_err(|has| format!("it {has}"))?;
    check_words(job)
}

/// Whether a job has what it may have; the text says what it has instead.
fn check_has(job: &NewJob, limits: &Enqueue) -> Result<(), String> {
    let (bytes, bytes_max) = (job.args.get().len(), limits.args_bytes_max.as_usize());
    if bytes > bytes_max {
        return Err(format!(
            "has {bytes} bytes of arguments; at most {bytes_max} are allowed \
             (enqueue.args_bytes_max): store the data and pass its id"
        ));
    }
    // Postgres's `json` keeps it, but cannot hand it out as text.
    if names_nul(job.args.get()) {
        return Err("has a NUL character in its arguments".to_owned());
    }
    // JSON by its grammar may still have no value (half a surrogate pair, 1e999,
    // a thousand brackets), and would spoil every page of a list that shows it.
    if let Err(error) = serde_json::from_str::<serde_json::Value>(job.args.get()) {
        return Err(format!("has arguments without a value: {error}"));
    }
    if let Some(Err(wrong)) = job.backoff.as_ref().map(Backoff::check) {
        return Err(format!("has no such backoff: {wrong}"));
    }
    if job.attempts == Some(0) {
        return Err("has no attempts".to_owned());
    }
    times::check(job)
}

/// The tags, keys and fields that a job names.
fn check_words(job: &NewJob) -> Result<(), String> {
    check_tags(&job.tags)?;
    for key in [&job.order_key, &job.limit_key].into_iter().flatten() {
        check_key(key)?;
    }
    job.unique.as_ref().map_or(Ok(()), Unique::check)
}

/// Whether JSON text holds the escape of a NUL character, rather than an escaped
/// backslash and four digits.
fn names_nul(json: &str) -> bool {
    json.match_indices("\\u0000").any(|(at, _)| {
        let before = json.as_bytes()[..at].iter().rev();
        before.take_while(|byte| **byte == b'\\').count() % 2 == 0
    })
}

fn no_tenant(jobs: &[NewJob]) -> Error {
    let tenants: BTreeSet<_> = jobs.iter().map(|job| job.tenant).collect();
    let tenants: Vec<String> = tenants.iter().map(ToString::to_string).collect();
    Error::NotFound {
        what: "tenant",
        id: tenants.join(" or "),
    }
}

/// Words as a Postgres array literal: arrays of arrays must be rectangular, so
/// each job's tags travel as text. `None` for no tags.
fn array_literal(words: &[String]) -> Option<String> {
    if words.is_empty() {
        return None;
    }
    let quoted: Vec<String> = words
        .iter()
        .map(|word| format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"")))
        .collect();
    Some(format!("{{{}}}", quoted.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_is_told_from_what_looks_like_one() {
        assert!(names_nul(r#"{"a":"\u0000"}"#));
        assert!(names_nul(r#"{"a":"\\\u0000"}"#));
        assert!(!names_nul(r#"{"a":"\\u0000"}"#));
        assert!(!names_nul(r#"{"a":"u0000"}"#));
    }

    #[test]
    fn tags_are_quoted() {
        let tags = ["a".to_owned(), "b,c".to_owned(), "d\"e\\".to_owned()];
        assert_eq!(array_literal(&tags).unwrap(), r#"{"a","b,c","d\"e\\"}"#);
        assert_eq!(array_literal(&[]), None);
    }
}
