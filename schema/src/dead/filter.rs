use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::query_builder::BoxedSqlQuery;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz};
use nexus_jobs::{JobId, TenantId};

/// Which dead letters are wanted. Everything left out matches all, but for those that were run again
/// already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadFilter {
    /// With one of these ids.
    pub ids: Option<Vec<JobId>>,
    /// Of this kind.
    pub kind: Option<String>,
    /// Whose reason holds this text, in upper or lower case.
    pub error: Option<String>,
    /// From this queue.
    pub queue: Option<String>,
    /// Of this tenant.
    pub tenant: Option<TenantId>,
    /// Discarded at this time or later.
    pub since: Option<DateTime<Utc>>,
    /// Discarded before this time.
    pub until: Option<DateTime<Utc>>,
    /// Also those that were run again.
    pub replayed_too: bool,
}

impl DeadFilter {
    /// One dead letter, whether it was run again or not.
    pub fn of(id: JobId) -> Self {
        Self {
            ids: Some(vec![id]),
            replayed_too: true,
            ..Self::default()
        }
    }

    /// Whether nothing narrows it down.
    pub fn is_open(&self) -> bool {
        let replayed_too = self.replayed_too;
        *self
            == Self {
                replayed_too,
                ..Self::default()
            }
    }

    /// Binds `$1` to `$8`, in the order in which every statement of dead letters has them.
    pub(super) fn bind(
        &self,
        to: diesel::query_builder::SqlQuery,
    ) -> BoxedSqlQuery<'_, Pg, diesel::query_builder::SqlQuery> {
        let ids: Option<Vec<i64>> = self
            .ids
            .as_ref()
            .map(|ids| ids.iter().map(|id| id.0).collect());
        to.into_boxed::<Pg>()
            .bind::<Nullable<Array<BigInt>>, _>(ids)
            .bind::<Nullable<Text>, _>(self.kind.as_deref())
            .bind::<Nullable<Text>, _>(self.error.as_deref())
            .bind::<Nullable<Text>, _>(self.queue.as_deref())
            .bind::<Nullable<BigInt>, _>(self.tenant.map(|tenant| tenant.0))
            .bind::<Nullable<Timestamptz>, _>(self.since)
            .bind::<Nullable<Timestamptz>, _>(self.until)
            .bind::<Bool, _>(self.replayed_too)
    }
}
