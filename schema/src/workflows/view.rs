use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::WorkflowId;
use serde::Serialize;

use super::no_workflow;
use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

/// A workflow, running or finished.
#[derive(Clone, Debug, PartialEq, Serialize, QueryableByName)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkflowView {
    /// Its id.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    /// Whose it is.
    #[diesel(sql_type = BigInt)]
    pub tenant_id: i64,
    /// Its name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Submitted again with the same key, it is the same workflow.
    #[diesel(sql_type = Nullable<Text>)]
    pub key: Option<String>,
    /// `running`, `completed`, `failed` or `cancelled`.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// From 1; rises with each retry.
    #[diesel(sql_type = Integer)]
    pub round: i32,
    /// Its jobs.
    #[diesel(sql_type = Integer)]
    pub jobs: i32,
    /// Those that have not ended.
    #[diesel(sql_type = Integer)]
    pub unfinished: i32,
    /// Those that completed.
    #[diesel(sql_type = Integer)]
    pub completed: i32,
    /// Those that were given up.
    #[diesel(sql_type = Integer)]
    pub discarded: i32,
    /// Those that were called off, or had one before them that did not complete.
    #[diesel(sql_type = Integer)]
    pub cancelled: i32,
    /// The jobs that it called at its ends; one a round at most.
    #[diesel(sql_type = Array<BigInt>)]
    pub called: Vec<i64>,
    /// When it was submitted.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// Who submitted it.
    #[diesel(sql_type = Text)]
    pub created_by: String,
    /// When it was called off.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub called_off_at: Option<DateTime<Utc>>,
    /// Who called it off.
    #[diesel(sql_type = Nullable<Text>)]
    pub called_off_by: Option<String>,
    /// Why it was called off, or why its callback is not there.
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// When the last of its jobs had ended.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub finished_at: Option<DateTime<Utc>>,
}

/// A workflow.
pub async fn find(conn: &mut AsyncPgConnection, id: WorkflowId) -> Result<WorkflowView> {
    let query = sql_file!("find.sql").bind::<BigInt, _>(id.0);
    let found: Vec<WorkflowView> = Prepared(query).load(conn).await?;
    found.into_iter().next().ok_or_else(|| no_workflow(id))
}
