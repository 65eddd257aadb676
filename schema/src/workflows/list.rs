use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use nexus_jobs::workflow::WorkflowState;
use nexus_jobs::{TenantId, WorkflowId};
use serde::Serialize;

use super::view::WorkflowView;
use crate::error::Result;
use crate::prepared::{Prepared, sql_file};

/// Which workflows are wanted. Everything left out matches all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkflowFilter {
    /// In this state.
    pub state: Option<WorkflowState>,
    /// Of this name.
    pub name: Option<String>,
    /// Of this tenant.
    pub tenant: Option<TenantId>,
}

/// A page of workflows, the newest first.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkflowPage {
    /// The workflows.
    pub workflows: Vec<WorkflowView>,
    /// Where the next page starts; `None` at the end.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<i64>))]
    pub next: Option<WorkflowId>,
}

/// The page of at most `size` workflows that match and whose ids are below `before`.
pub async fn list(
    conn: &mut AsyncPgConnection,
    filter: &WorkflowFilter,
    before: Option<WorkflowId>,
    size: u32,
) -> Result<WorkflowPage> {
    let workflows: Vec<WorkflowView> = Prepared(
        sql_file!("list.sql")
            .bind::<BigInt, _>(before.map_or(i64::MAX, |id| id.0))
            .bind::<Nullable<Text>, _>(filter.state.map(WorkflowState::as_str))
            .bind::<Nullable<Text>, _>(filter.name.as_deref())
            .bind::<Nullable<BigInt>, _>(filter.tenant.map(|tenant| tenant.0))
            .bind::<BigInt, _>(i64::from(size)),
    )
    .load(conn)
    .await?;
    let full = u32::try_from(workflows.len()).is_ok_and(|n| n >= size);
    let next = workflows.last().filter(|_| full);
    let next = next.map(|last| WorkflowId(last.id));
    Ok(WorkflowPage { workflows, next })
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// How many workflows run.
pub async fn running(conn: &mut AsyncPgConnection) -> Result<i64> {
    let query = diesel::sql_query("SELECT count(*) AS count FROM nexus.workflows");
    let row: Count = Prepared(query).get_result(conn).await?;
    Ok(row.count)
}
