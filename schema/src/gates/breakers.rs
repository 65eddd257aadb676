use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Double;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use nexus_jobs::Actor;
use nexus_jobs::breaker::{Breaker, BreakerPolicy, BreakerState, Phase};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::schema::nexus::breakers;

/// A kind's breaker.
#[derive(Clone, Debug, PartialEq, Serialize, Queryable, Selectable)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[diesel(table_name = breakers)]
pub struct BreakerView {
    /// The kind.
    pub kind: String,
    /// Share of failed attempts from which it opens.
    pub failure_share: f64,
    /// Attempts in a window below which it never opens.
    pub attempts_min: i32,
    /// The length of a window, in milliseconds.
    pub window_ms: i64,
    /// How long it stays open, in milliseconds.
    pub open_ms: i64,
    /// Jobs let in half open, to see how they fare.
    pub probes: i32,
    /// `closed`, `open` or `half_open`.
    pub state: String,
    /// Closed: when its window began. Otherwise: when it came to this state.
    pub since: DateTime<Utc>,
    /// Attempts ended since then.
    pub attempts: i64,
    /// Those of them that failed.
    pub failures: i64,
    /// Half open: probes sent.
    pub probing: i32,
    /// When it was last changed by somebody.
    pub changed_at: DateTime<Utc>,
    /// Who changed it last.
    pub changed_by: String,
}

/// What a breaker is to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Insertable, AsChangeset)]
#[diesel(table_name = breakers)]
pub struct BreakerChange {
    /// Share of failed attempts, above 0 and at most 1, from which it opens.
    pub failure_share: f64,
    /// Attempts in a window below which it never opens.
    pub attempts_min: i32,
    /// The length of a window, in milliseconds.
    pub window_ms: i64,
    /// How long it stays open, in milliseconds.
    pub open_ms: i64,
    /// Jobs let in half open.
    pub probes: i32,
}

impl BreakerView {
    /// When it opens, and how it closes again.
    pub fn policy(&self) -> BreakerPolicy {
        let whole = |number: i32| u32::try_from(number).unwrap_or(1);
        let millis = |ms: i64| Duration::from_millis(u64::try_from(ms).unwrap_or(0));
        BreakerPolicy {
            failure_share: self.failure_share,
            attempts_min: whole(self.attempts_min),
            window: millis(self.window_ms),
            open: millis(self.open_ms),
            probes: whole(self.probes),
        }
    }

    /// How it has stood for so long.
    pub(super) fn stands(&self, age: Duration) -> Breaker {
        Breaker {
            phase: Phase::from_word(&self.state).unwrap_or_default(),
            age,
            attempts: u64::try_from(self.attempts).unwrap_or(0),
            failures: u64::try_from(self.failures).unwrap_or(0),
            probing: u32::try_from(self.probing).unwrap_or(0),
        }
    }
}

impl BreakerView {
    /// Its state, which does not hang on how long it has been so.
    pub(super) fn now(&self) -> BreakerState {
        self.stands(Duration::ZERO).state(&self.policy())
    }
}

/// Every breaker, by kind.
pub async fn breakers(conn: &mut AsyncPgConnection) -> Result<Vec<BreakerView>> {
    Ok(breakers::table
        .select(BreakerView::as_select())
        .order(breakers::kind)
        .load(conn)
        .await?)
}

/// Locks every breaker; each with its age in seconds, by the ledger's clock.
async fn lock_all(conn: &mut AsyncPgConnection) -> Result<Vec<(BreakerView, f64)>> {
    let age = sql::<Double>("extract(epoch FROM now() - since)::double precision");
    Ok(breakers::table
        .select((BreakerView::as_select(), age))
        .order(breakers::kind)
        .for_no_key_update()
        .load(conn)
        .await?)
}

/// The state of every breaker, locked until the transaction ends.
pub(super) async fn states_locked(
    conn: &mut AsyncPgConnection,
) -> Result<BTreeMap<String, BreakerState>> {
    let locked = lock_all(conn).await?;
    Ok(locked
        .into_iter()
        .map(|(view, _)| (view.kind.clone(), view.now()))
        .collect())
}

/// Counts probes that a release has sent.
pub(super) async fn note_probes(conn: &mut AsyncPgConnection, sent: &[(&str, u32)]) -> Result<()> {
    for (kind, probes) in sent {
        let probes = i32::try_from(*probes).unwrap_or(i32::MAX);
        diesel::update(breakers::table.find((*kind).to_owned()))
            .set(breakers::probing.eq(breakers::probing + probes))
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Tells breakers of attempts that ended: by kind, how many, and how many failed.
/// Kinds without a breaker are passed over.
pub async fn tell_breakers(
    conn: &mut AsyncPgConnection,
    ended: &BTreeMap<String, (u64, u64)>,
) -> Result<()> {
    turn(conn, |view, stands| match ended.get(&view.kind) {
        Some(&(attempts, failures)) => stands.told(&view.policy(), attempts, failures),
        None => stands,
    })
    .await
}

/// Lets time pass for breakers: those that were open for long enough turn half open.
pub async fn pass_time(conn: &mut AsyncPgConnection) -> Result<()> {
    turn(conn, |view, stands| stands.passed(&view.policy())).await
}

/// Locks every breaker and writes what becomes of it.
async fn turn(
    conn: &mut AsyncPgConnection,
    become_: impl Fn(&BreakerView, Breaker) -> Breaker + Send + Sync,
) -> Result<()> {
    conn.transaction(async |conn| {
        for (view, age) in lock_all(conn).await? {
            let stood = view.stands(Duration::try_from_secs_f64(age).unwrap_or_default());
            let stands = become_(&view, stood);
            if stands == stood {
                continue;
            }
            if stands.phase != stood.phase {
                tracing::warn!(kind = %view.kind, from = stood.phase.as_str(), to = stands.phase.as_str(),
                               "a breaker turned");
            }
            let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
            let restarts = stands.age.is_zero();
            diesel::update(breakers::table.find(&view.kind))
                .set((
                    breakers::state.eq(stands.phase.as_str()),
                    breakers::attempts.eq(count(stands.attempts)),
                    breakers::failures.eq(count(stands.failures)),
                    breakers::probing.eq(i32::try_from(stands.probing).unwrap_or(i32::MAX)),
                    restarts.then_some(breakers::since.eq(diesel::dsl::now)),
                ))
                .execute(conn)
                .await?;
        }
        Ok(())
    })
    .await
}

fn check(kind: &str, change: &BreakerChange) -> Result<()> {
    let fits = change.failure_share > 0.0
        && change.failure_share <= 1.0
        && change.attempts_min >= 1
        && change.window_ms >= 1
        && change.open_ms >= 1
        && change.probes >= 1;
    if kind.is_empty() || !fits {
        return Err(Error::Invalid(
            "a breaker needs a kind, a failure share above 0 and at most 1, and everything else 1 or more"
                .to_owned(),
        ));
    }
    Ok(())
}

/// Gives a kind a breaker, or changes its policy; its state stays.
pub async fn set_breaker(
    conn: &mut AsyncPgConnection,
    kind: &str,
    change: &BreakerChange,
    actor: &Actor,
) -> Result<BreakerView> {
    check(kind, change)?;
    let by = actor.as_str();
    Ok(diesel::insert_into(breakers::table)
        .values((
            breakers::kind.eq(kind),
            change,
            breakers::created_by.eq(by),
            breakers::changed_by.eq(by),
        ))
        .on_conflict(breakers::kind)
        .do_update()
        .set((
            change,
            breakers::changed_at.eq(diesel::dsl::now),
            breakers::changed_by.eq(by),
        ))
        .returning(BreakerView::as_returning())
        .get_result(conn)
        .await?)
}

/// Closes a kind's breaker, whatever it saw.
pub async fn reset_breaker(
    conn: &mut AsyncPgConnection,
    kind: &str,
    actor: &Actor,
) -> Result<BreakerView> {
    diesel::update(breakers::table.find(kind))
        .set((
            breakers::state.eq(Phase::Closed.as_str()),
            breakers::since.eq(diesel::dsl::now),
            breakers::attempts.eq(0_i64),
            breakers::failures.eq(0_i64),
            breakers::probing.eq(0),
            breakers::changed_at.eq(diesel::dsl::now),
            breakers::changed_by.eq(actor.as_str()),
        ))
        .returning(BreakerView::as_returning())
        .get_result(conn)
        .await
        .optional()?
        .ok_or_else(|| no_breaker(kind))
}

/// Takes a kind's breaker away; who waits for it is let go by the releaser.
pub async fn remove_breaker(conn: &mut AsyncPgConnection, kind: &str) -> Result<BreakerView> {
    diesel::delete(breakers::table.find(kind))
        .returning(BreakerView::as_returning())
        .get_result(conn)
        .await
        .optional()?
        .ok_or_else(|| no_breaker(kind))
}

fn no_breaker(kind: &str) -> Error {
    Error::NotFound {
        what: "breaker of kind",
        id: kind.to_owned(),
    }
}
