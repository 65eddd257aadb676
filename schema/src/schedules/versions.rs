use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Integer, Json, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};

/// A change of a schedule.
#[derive(Clone, Debug, PartialEq, Serialize, QueryableByName)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScheduleVersion {
    /// Which; from 1.
    #[diesel(sql_type = Integer)]
    pub version: i32,
    /// What was done: `set`, `paused`, `resumed` or `removed`.
    #[diesel(sql_type = Text)]
    pub change: String,
    /// What it was from then on.
    #[diesel(sql_type = Json)]
    pub definition: Value,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub changed_at: DateTime<Utc>,
    /// Who.
    #[diesel(sql_type = Text)]
    pub changed_by: String,
}

/// Most versions shown: a schedule that was changed more often shows its newest.
const VERSIONS_MAX: u32 = 200;

/// The changes of a schedule, the newest first; also of one that was removed.
pub async fn versions(conn: &mut AsyncPgConnection, name: &str) -> Result<Vec<ScheduleVersion>> {
    let query = diesel::sql_query(format!(
        "SELECT version, change, definition, changed_at, changed_by \
         FROM nexus.schedule_versions WHERE name = $1 ORDER BY version DESC LIMIT {VERSIONS_MAX}"
    ));
    let found: Vec<ScheduleVersion> = query.bind::<Text, _>(name).load(conn).await?;
    if found.is_empty() {
        return Err(Error::NotFound {
            what: "schedule",
            id: name.to_owned(),
        });
    }
    Ok(found)
}
