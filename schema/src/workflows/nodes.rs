use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::WorkflowId;
use serde::Serialize;

use super::view::{WorkflowView, find};
use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

/// A node of a workflow.
#[derive(Clone, Debug, PartialEq, Serialize, QueryableByName)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeView {
    /// Its place, from 0.
    #[diesel(sql_type = Integer)]
    pub node: i32,
    /// Its name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// The kind of its job.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Its job; of one that was retried, the latest.
    #[diesel(sql_type = BigInt)]
    pub job_id: i64,
    /// `waiting` for others, or the state of its job.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// What it needs of those before it: that they have `completed`, or `settled`.
    #[diesel(sql_type = Text)]
    pub needs: String,
    /// Those before it, by their places.
    #[diesel(sql_type = Array<Integer>)]
    pub before: Vec<i32>,
    /// When its job's last run started.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub started_at: Option<DateTime<Utc>>,
    /// When its job ended.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub finished_at: Option<DateTime<Utc>>,
}

/// A workflow and its nodes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkflowGraph {
    /// The workflow.
    pub workflow: WorkflowView,
    /// Its nodes, in the order of their places.
    pub nodes: Vec<NodeView>,
}

/// A workflow with all of its nodes.
pub async fn graph(conn: &mut AsyncPgConnection, id: WorkflowId) -> Result<WorkflowGraph> {
    loop {
        let workflow = find(conn, id).await?;
        let query = match workflow.finished_at {
            None => sql_file!("live_nodes.sql"),
            Some(_) => sql_file!("kept_nodes.sql"),
        };
        let nodes: Vec<NodeView> = Prepared(query.bind::<BigInt, _>(id.0)).load(conn).await?;
        // None: it ended, or was retried, between the two statements.
        if !nodes.is_empty() {
            return Ok(WorkflowGraph { workflow, nodes });
        }
    }
}
