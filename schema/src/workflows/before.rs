use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Integer, Json, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::{JobId, WorkflowId};
use serde_json::Value;

use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

/// Where in which workflow a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct PlaceInWorkflow {
    #[diesel(sql_type = BigInt)]
    workflow_id: i64,
    #[diesel(sql_type = Nullable<Integer>)]
    workflow_node: Option<i32>,
}

impl PlaceInWorkflow {
    /// The workflow.
    pub const fn workflow(&self) -> WorkflowId {
        WorkflowId(self.workflow_id)
    }

    /// Its node; `None`: it is a job that the workflow called at its end.
    pub const fn node(&self) -> Option<i32> {
        self.workflow_node
    }
}

/// Where an unfinished job stands, if it is part of a workflow.
pub async fn place(conn: &mut AsyncPgConnection, job: JobId) -> Result<Option<PlaceInWorkflow>> {
    let query = diesel::sql_query(
        "SELECT workflow_id, workflow_node FROM nexus.jobs WHERE id = $1 AND workflow_id IS NOT NULL",
    );
    let rows: Vec<PlaceInWorkflow> = Prepared(query.bind::<BigInt, _>(job.0)).load(conn).await?;
    Ok(rows.into_iter().next())
}

/// A node that another one waited for.
#[derive(Clone, Debug, PartialEq, QueryableByName)]
pub struct Before {
    /// Its place, from 0.
    #[diesel(sql_type = Integer)]
    pub node: i32,
    /// Its name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Its job.
    #[diesel(sql_type = BigInt)]
    pub job_id: i64,
    /// How its job ended: `completed`, `discarded` or `cancelled`.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// What its job answered, where it kept anything.
    #[diesel(sql_type = Nullable<Json>)]
    pub result: Option<Value>,
}

/// Up to `limit` of the nodes that one waited for, behind a place, in the order of places.
pub async fn before(
    conn: &mut AsyncPgConnection,
    workflow: WorkflowId,
    node: i32,
    after: Option<i32>,
    limit: u32,
) -> Result<Vec<Before>> {
    let query = sql_file!("before.sql")
        .bind::<BigInt, _>(workflow.0)
        .bind::<Integer, _>(node)
        .bind::<Integer, _>(after.unwrap_or(-1))
        .bind::<BigInt, _>(i64::from(limit));
    Ok(Prepared(query).load(conn).await?)
}
