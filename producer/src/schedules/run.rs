use diesel_async::AsyncConnection;
use nexus_config::Settings;
use nexus_jobs::schedule::Overlap;
use nexus_jobs::{Actor, Due, NewJob};
use nexus_schema::ledger::Rules;
use nexus_schema::schedules::{self, Outcome};
use nexus_schema::{AsyncPgConnection, Error, Result};

use super::Filled;
use super::asked::{advance, became, held, logged};
use super::whole::{enqueue, known_kind, whole};

/// Enqueues a schedule's job now, as of a tick at this moment; also of one that is paused. Its overlap
/// policy skips nothing, since somebody asks for it; where it is not `allow`, the job starts once those
/// before it have ended.
///
/// # Errors
///
/// [`Error::Invalid`] where the ledger refuses the job, [`Error::Conflict`] where no worker knows its
/// kind.
pub async fn run_now(
    conn: &mut AsyncPgConnection,
    name: &str,
    actor: &Actor,
    settings: &Settings,
) -> Result<Filled> {
    let rules = Rules::of(settings);
    conn.transaction(async |conn| {
        let (held, schedule) = held(conn, name).await?;
        let kind = known_kind(conn, &schedule).await?;
        let tick = schedules::clock(conn).await?;
        let job = whole(&schedule, tick, kind.as_ref());
        // Now: what is asked for by hand has no jitter.
        let job = job.map(|job| NewJob {
            due: Due::Now,
            ..job
        });
        let filled = became(tick, enqueue(conn, job, actor, &rules).await?);
        if let (Some(Outcome::Failed), Some(why)) = (filled.outcome, &filled.reason) {
            return Err(Error::Invalid(why.clone()));
        }
        let ticked = logged(&schedule, &filled, actor, false);
        schedules::write_ticks(conn, &ticked.into_iter().collect::<Vec<_>>()).await?;
        let is_asked = schedule.definition.overlap != Overlap::Allow;
        let moved = advance(&schedule, held, std::slice::from_ref(&filled), is_asked);
        schedules::advance(conn, &[moved]).await?;
        Ok(filled)
    })
    .await
}
