use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::query_dsl::methods::FilterDsl;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::limit::{Per, is_limit_name};
use nexus_jobs::{Actor, QueueName};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::schema::nexus::limits;

/// A limit.
#[derive(Clone, Debug, PartialEq, Serialize, Queryable, Selectable)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[diesel(table_name = limits)]
pub struct LimitView {
    /// Its name.
    pub name: String,
    /// The queue whose jobs it counts; null: of any.
    pub queue: Option<String>,
    /// The kind whose jobs it counts; null: of any.
    pub kind: Option<String>,
    /// What it counts by itself: `all`, `tenant` or `key`.
    pub per: String,
    /// Jobs at once, over all processes; null: any number.
    pub concurrency: Option<i32>,
    /// Starts in each `rate_per_ms`; null: any number.
    pub rate: Option<i32>,
    /// The time of its rate, in milliseconds.
    pub rate_per_ms: Option<i64>,
    /// Starts that may come at once after a pause.
    pub burst: Option<i32>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Who made it.
    pub created_by: String,
    /// When it was last changed.
    pub changed_at: DateTime<Utc>,
    /// Who changed it last.
    pub changed_by: String,
}

/// What a limit is to be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Insertable, AsChangeset)]
#[diesel(table_name = limits, treat_none_as_null = true)]
pub struct LimitChange {
    /// The queue whose jobs it counts; `None`: of any.
    pub queue: Option<String>,
    /// The kind whose jobs it counts; `None`: of any.
    pub kind: Option<String>,
    /// `all`, `tenant` or `key`.
    pub per: String,
    /// Jobs at once, over all processes.
    pub concurrency: Option<i32>,
    /// Starts in each `rate_per_ms`.
    pub rate: Option<i32>,
    /// The time of its rate, in milliseconds.
    pub rate_per_ms: Option<i64>,
    /// Starts that may come at once after a pause; with a rate, 1 if left out.
    pub burst: Option<i32>,
}

impl LimitView {
    /// What it counts by itself.
    pub fn per(&self) -> Per {
        Per::from_word(&self.per).unwrap_or_default()
    }
}

/// Longest time of a rate: a day, in milliseconds.
const RATE_PER_MS_MAX: i64 = 24 * 60 * 60 * 1000;

fn check(name: &str, change: &LimitChange) -> Result<()> {
    let invalid = |text: String| Err(Error::Invalid(text));
    if !is_limit_name(name) {
        return invalid(format!(
            "limit name {name:?} is not allowed: use 1 to 100 characters of a-z, 0-9, '_', '-' and '.'"
        ));
    }
    if let Some(queue) = &change.queue {
        QueueName::new(queue.clone()).map_err(|error| Error::Invalid(error.to_string()))?;
    }
    if Per::from_word(&change.per).is_none() {
        return invalid(format!(
            "no limit per {:?}: use all, tenant or key",
            change.per
        ));
    }
    if change.concurrency.is_none() && change.rate.is_none() {
        return invalid("a limit needs a concurrency, a rate, or both".to_owned());
    }
    let below = |number: Option<i32>, least| number.is_some_and(|number| number < least);
    if below(change.concurrency, 0) || below(change.rate, 1) || below(change.burst, 1) {
        return invalid("a concurrency is 0 or more, a rate and a burst 1 or more".to_owned());
    }
    match (change.rate, change.rate_per_ms) {
        (None, None) if change.burst.is_some() => invalid("a burst goes with a rate".to_owned()),
        (None, None) | (Some(_), Some(1..=RATE_PER_MS_MAX)) => Ok(()),
        _ => invalid("a rate is so many starts in a time of 1 ms to 1 day".to_owned()),
    }
}

/// Every limit, by name.
pub async fn limits(conn: &mut AsyncPgConnection) -> Result<Vec<LimitView>> {
    Ok(limits::table
        .select(LimitView::as_select())
        .order(limits::name)
        .load(conn)
        .await?)
}

/// Makes a limit, or changes how much one lets in. Which jobs it counts stays, as
/// those that wait were told apart by it: another name, or remove it first.
pub async fn set_limit(
    conn: &mut AsyncPgConnection,
    name: &str,
    change: &LimitChange,
    actor: &Actor,
) -> Result<LimitView> {
    check(name, change)?;
    let mut change = change.clone();
    change.burst = change.rate.map(|_| change.burst.unwrap_or(1));
    let by = actor.as_str();
    let upsert = diesel::insert_into(limits::table)
        .values((
            limits::name.eq(name),
            &change,
            limits::created_by.eq(by),
            limits::changed_by.eq(by),
        ))
        .on_conflict(limits::name)
        .do_update()
        .set((
            &change,
            limits::changed_at.eq(diesel::dsl::now),
            limits::changed_by.eq(by),
        ));
    let counts_the_same = limits::per
        .eq(&change.per)
        .and(limits::queue.is_not_distinct_from(&change.queue))
        .and(limits::kind.is_not_distinct_from(&change.kind));
    FilterDsl::filter(upsert, counts_the_same)
        .returning(LimitView::as_returning())
        .get_result(conn)
        .await
        .optional()?
        .ok_or_else(|| {
            Error::Conflict(format!(
                "limit {name} counts other jobs: remove it first, or give this one another name"
            ))
        })
}

/// Removes a limit; who waits for it is let go by the releaser.
pub async fn remove_limit(conn: &mut AsyncPgConnection, name: &str) -> Result<LimitView> {
    diesel::delete(limits::table.find(name))
        .returning(LimitView::as_returning())
        .get_result(conn)
        .await
        .optional()?
        .ok_or_else(|| Error::NotFound {
            what: "limit",
            id: name.to_owned(),
        })
}
