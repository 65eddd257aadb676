use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::WorkflowId;
use serde::Serialize;

use crate::error::Result;
use crate::jobs::JobView;
use crate::prepared::{Prepared, sql_file};

/// Jobs named of those that one waits for.
const WAITED_FOR_MAX: i64 = 20;

/// A job's place in a workflow, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Membership {
    /// The workflow's name.
    pub name: String,
    /// The job's name in it; none where the workflow called it at its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Up to 20 of those that it still waits for.
    pub waits_for: Vec<WaitedFor>,
    /// How many it still waits for.
    pub waits_for_count: i64,
}

/// A job of the same workflow that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, QueryableByName)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WaitedFor {
    /// Its name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// The job.
    #[diesel(sql_type = BigInt)]
    pub job_id: i64,
    #[diesel(sql_type = BigInt)]
    #[serde(skip)]
    together: i64,
}

#[derive(QueryableByName)]
struct Names {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    node: Option<String>,
}

/// Where a job of a workflow stands; `None` where the workflow is no longer in history.
pub(crate) async fn membership(
    conn: &mut AsyncPgConnection,
    workflow: WorkflowId,
    job: &JobView,
) -> Result<Option<Membership>> {
    let query = sql_file!("membership.sql")
        .bind::<BigInt, _>(workflow.0)
        .bind::<Nullable<Integer>, _>(job.workflow_node);
    let names: Vec<Names> = Prepared(query).load(conn).await?;
    let Some(Names { name, node }) = names.into_iter().next() else {
        return Ok(None);
    };
    let waits_for: Vec<WaitedFor> = match job.workflow_node {
        Some(node) if job.parked.as_deref() == Some("workflow") => {
            let query = sql_file!("waited_for.sql")
                .bind::<BigInt, _>(workflow.0)
                .bind::<Integer, _>(node)
                .bind::<BigInt, _>(WAITED_FOR_MAX);
            Prepared(query).load(conn).await?
        }
        _ => Vec::new(),
    };
    let together = match &waits_for[..] {
        [first, ..] => first.together,
        [] => 0,
    };
    Ok(Some(Membership {
        waits_for_count: together,
        name,
        node,
        waits_for,
    }))
}
