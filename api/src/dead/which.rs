use chrono::{DateTime, Utc};
use nexus_jobs::{JobId, TenantId};
use nexus_schema::AsyncPgConnection;
use nexus_schema::dead::{self, DeadFilter};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::error::ApiError;

/// Which dead letters: at least one of the fields that narrow them down, or `all`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// With one of these ids.
    ids: Option<Vec<i64>>,
    /// Of this kind.
    kind: Option<String>,
    /// Whose reason holds this text, in upper or lower case.
    error: Option<String>,
    /// From this queue.
    queue: Option<String>,
    /// Of this tenant.
    tenant_id: Option<i64>,
    /// Discarded at this time or later (RFC 3339).
    since: Option<DateTime<Utc>>,
    /// Discarded before this time (RFC 3339).
    until: Option<DateTime<Utc>>,
    /// All that were not run again.
    #[serde(default)]
    all: bool,
}

impl Which {
    /// The filter, if it narrows anything down or all are meant.
    pub(super) fn filter(self) -> Result<DeadFilter, ApiError> {
        let filter = DeadFilter {
            ids: self.ids.map(|ids| ids.into_iter().map(JobId).collect()),
            kind: self.kind,
            error: self.error,
            queue: self.queue,
            tenant: self.tenant_id.map(TenantId),
            since: self.since,
            until: self.until,
            replayed_too: false,
        };
        if self.all || !filter.is_open() {
            return Ok(filter);
        }
        let wrong = ApiError::invalid("nothing says which dead letters");
        Err(wrong.hint("give ids, kind, error, queue, tenant_id, since or until, or \"all\": true"))
    }
}

/// Refuses an id that is no dead letter's.
pub(super) async fn is_dead(conn: &mut AsyncPgConnection, id: i64) -> Result<(), ApiError> {
    if dead::count(conn, &DeadFilter::of(JobId(id))).await? == 0 {
        return Err(ApiError::not_found("dead letter", id));
    }
    Ok(())
}
