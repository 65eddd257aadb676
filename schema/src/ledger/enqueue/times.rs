//! Times and waits that a job may have: those that Postgres can count with. Pure.

use std::time::Duration;

use chrono::{DateTime, Datelike, Utc};
use nexus_jobs::{Deadline, Due, NewJob};

/// The longest wait, in years, as for callers in SQL.
const YEARS_MAX: u64 = 100;
const WAIT_MAX: Duration = Duration::from_secs(YEARS_MAX * 366 * 86_400);

/// Whether Postgres can write and reach all of a job's times; the text says what is wrong.
pub(super) fn check(job: &NewJob) -> Result<(), String> {
    match job.due {
        Due::Now => {}
        Due::In(wait) => fits("due", wait)?,
        Due::At(time) => is_writable("due", time)?,
    }
    match job.deadline {
        None => {}
        Some(Deadline::In(wait)) => fits("deadline", wait)?,
        Some(Deadline::At(time)) => is_writable("deadline", time)?,
    }
    let unique = job.unique.as_ref().and_then(|unique| unique.window);
    for (what, wait) in [("timeout", job.timeout), ("unique window", unique)] {
        wait.map_or(Ok(()), |wait| fits(what, wait))?;
    }
    Ok(())
}

fn fits(what: &str, wait: Duration) -> Result<(), String> {
    if wait <= WAIT_MAX {
        return Ok(());
    }
    Err(format!("has a {what} more than {YEARS_MAX} years away"))
}

fn is_writable(what: &str, time: DateTime<Utc>) -> Result<(), String> {
    if (1..=9999).contains(&time.year()) {
        return Ok(());
    }
    Err(format!(
        "has a {what} in the year {}, not 1 to 9999",
        time.year()
    ))
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use nexus_jobs::kinds::Noop;
    use proptest::prelude::*;

    use super::*;

    fn noop() -> NewJob {
        NewJob::of(&Noop::default()).unwrap()
    }

    #[test]
    fn times_that_cannot_be_written_are_refused() {
        let at = |year| Utc.with_ymd_and_hms(year, 6, 1, 0, 0, 0).unwrap();
        for (year, is_fine) in [
            (2030, true),
            (9999, true),
            (1, true),
            (0, false),
            (-9999, false),
            (200_000, false),
        ] {
            let mut job = noop();
            job.due = Due::At(at(year));
            assert_eq!(check(&job).is_ok(), is_fine, "{year}");
            job.due = Due::Now;
            job.deadline = Some(Deadline::At(at(year)));
            assert_eq!(check(&job).is_ok(), is_fine, "{year}");
        }
    }

    proptest! {
        #[test]
        fn waits_are_bounded(seconds in any::<u64>()) {
            let mut job = noop();
            job.due = Due::In(Duration::from_secs(seconds));
            prop_assert_eq!(check(&job).is_ok(), seconds <= WAIT_MAX.as_secs());
        }
    }
}
