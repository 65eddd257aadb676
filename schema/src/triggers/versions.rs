use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Integer, Json, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};

/// A change of a trigger.
#[derive(Clone, Debug, PartialEq, Serialize, QueryableByName)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TriggerVersion {
    /// Which; from 1.
    #[diesel(sql_type = Integer)]
    pub version: i32,
    /// What was done: `set`, `enabled`, `disabled` or `removed`.
    #[diesel(sql_type = Text)]
    pub change: String,
    /// What it was from then on.
    #[diesel(sql_type = Json)]
    pub definition: Value,
    /// Why, where something else than a person did it.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// When.
    #[diesel(sql_type = Timestamptz)]
    pub changed_at: DateTime<Utc>,
    /// Who.
    #[diesel(sql_type = Text)]
    pub changed_by: String,
}

/// Most versions shown: a trigger that was changed more often shows its newest.
const VERSIONS_MAX: u32 = 200;

/// The changes of a trigger, the newest first; also of one that was removed.
pub async fn versions(conn: &mut AsyncPgConnection, name: &str) -> Result<Vec<TriggerVersion>> {
    let query = diesel::sql_query(format!(
        "SELECT version, change, definition, reason, changed_at, changed_by \
         FROM nexus.trigger_versions WHERE name = $1 ORDER BY version DESC LIMIT {VERSIONS_MAX}"
    ));
    let found: Vec<TriggerVersion> = query.bind::<Text, _>(name).load(conn).await?;
    if found.is_empty() {
        return Err(Error::NotFound {
            what: "trigger",
            id: name.to_owned(),
        });
    }
    Ok(found)
}
