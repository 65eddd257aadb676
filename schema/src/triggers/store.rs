use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Integer, Json, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::Actor;
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::prepared::{Prepared, sql_file};

/// A trigger, and what it did so far.
#[derive(Clone, Debug, PartialEq, Serialize, QueryableByName)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TriggerView {
    /// Its name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Which change of it this is; from 1.
    #[diesel(sql_type = Integer)]
    pub version: i32,
    /// What an event must be, and which job it enqueues.
    #[diesel(sql_type = Json)]
    pub definition: Value,
    /// Whether events fire it.
    #[diesel(sql_type = Bool)]
    pub enabled: bool,
    /// Why it does not, where something else than a person disabled it.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// Jobs that it enqueued.
    #[diesel(sql_type = BigInt)]
    pub fired: i64,
    /// Events that matched and were passed over, since they looked like a loop.
    #[diesel(sql_type = BigInt)]
    pub skipped: i64,
    /// Events that matched but made no job.
    #[diesel(sql_type = BigInt)]
    pub failed: i64,
    /// When it last fired.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub fired_at: Option<DateTime<Utc>>,
    /// When an event was last passed over, or made no job.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub skipped_at: Option<DateTime<Utc>>,
    /// Why.
    #[diesel(sql_type = Nullable<Text>)]
    pub skipped_why: Option<String>,
    /// When it was made.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// Who made it.
    #[diesel(sql_type = Text)]
    pub created_by: String,
    /// When it was last changed.
    #[diesel(sql_type = Timestamptz)]
    pub changed_at: DateTime<Utc>,
    /// Who changed it last.
    #[diesel(sql_type = Text)]
    pub changed_by: String,
}

fn no_trigger(name: &str) -> Error {
    Error::NotFound {
        what: "trigger",
        id: name.to_owned(),
    }
}

/// Every trigger, by name.
pub async fn list(conn: &mut AsyncPgConnection) -> Result<Vec<TriggerView>> {
    let query = diesel::sql_query("SELECT * FROM nexus.triggers ORDER BY name");
    Ok(Prepared(query).load(conn).await?)
}

/// A trigger.
pub async fn find(conn: &mut AsyncPgConnection, name: &str) -> Result<TriggerView> {
    let query = diesel::sql_query("SELECT * FROM nexus.triggers WHERE name = $1");
    let found: Vec<TriggerView> = query.bind::<Text, _>(name).load(conn).await?;
    found.into_iter().next().ok_or_else(|| no_trigger(name))
}

/// Makes a trigger, enabled, or changes one, which stays enabled or disabled.
pub async fn set(
    conn: &mut AsyncPgConnection,
    name: &str,
    definition: &Value,
    actor: &Actor,
) -> Result<TriggerView> {
    let trigger: TriggerView = sql_file!("set.sql")
        .bind::<Text, _>(name)
        .bind::<Json, _>(definition)
        .bind::<Text, _>(actor.as_str())
        .get_result(conn)
        .await?;
    Ok(trigger)
}

/// Enables a trigger; what it did before is not held against it.
pub async fn enable(
    conn: &mut AsyncPgConnection,
    name: &str,
    actor: &Actor,
) -> Result<TriggerView> {
    switch(conn, name, true, None, actor).await
}

/// Disables a trigger, with a reason where no person does.
pub async fn disable(
    conn: &mut AsyncPgConnection,
    name: &str,
    reason: Option<&str>,
    actor: &Actor,
) -> Result<TriggerView> {
    switch(conn, name, false, reason, actor).await
}

async fn switch(
    conn: &mut AsyncPgConnection,
    name: &str,
    enabled: bool,
    reason: Option<&str>,
    actor: &Actor,
) -> Result<TriggerView> {
    let switched: Vec<TriggerView> = sql_file!("switch.sql")
        .bind::<Text, _>(name)
        .bind::<Bool, _>(enabled)
        .bind::<Nullable<Text>, _>(reason)
        .bind::<Text, _>(actor.as_str())
        .load(conn)
        .await?;
    match switched.into_iter().next() {
        Some(trigger) => Ok(trigger),
        // It is so already, or is not there.
        None => find(conn, name).await,
    }
}

/// Removes a trigger; its versions and its log stay.
pub async fn remove(
    conn: &mut AsyncPgConnection,
    name: &str,
    actor: &Actor,
) -> Result<TriggerView> {
    let removed: Vec<TriggerView> = sql_file!("remove.sql")
        .bind::<Text, _>(name)
        .bind::<Text, _>(actor.as_str())
        .load(conn)
        .await?;
    removed.into_iter().next().ok_or_else(|| no_trigger(name))
}
