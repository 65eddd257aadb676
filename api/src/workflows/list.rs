use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use nexus_jobs::workflow::WorkflowState;
use nexus_jobs::{TenantId, WorkflowId};
use nexus_schema::workflows::{self, WorkflowFilter, WorkflowPage};
use serde::Deserialize;

use crate::app::Shared;
use crate::error::{ApiError, Refusals};
use crate::extract::Query;
use crate::page;

/// Which workflows are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WorkflowsQuery {
    /// In this state: `running`, `completed`, `failed` or `cancelled`.
    #[param(value_type = Option<String>, example = "running")]
    state: Option<WorkflowState>,
    /// Of this name.
    name: Option<String>,
    /// Of this tenant.
    tenant_id: Option<i64>,
    /// With an id below this: the `next` of the page before.
    before: Option<i64>,
    /// Workflows of a page: at most `api.page_max`, 50 if left out.
    #[param(minimum = 1)]
    limit: Option<u32>,
}

/// List workflows, the newest first
#[utoipa::path(get, path = "/v1/workflows", tag = super::TAG, params(WorkflowsQuery),
    responses(
        (status = 200, body = WorkflowPage, headers(("Link" = String, description = "The next page, if there is one"))),
        Refusals,
    ))]
pub(super) async fn list_workflows(
    State(app): State<Shared>,
    uri: Uri,
    Query(query): Query<WorkflowsQuery>,
) -> Result<Response, ApiError> {
    let size = page::size(query.limit, app.settings.api.page_max)?;
    let filter = WorkflowFilter {
        state: query.state,
        name: query.name,
        tenant: query.tenant_id.map(TenantId),
    };
    let mut conn = app.connection().await?;
    let before = query.before.map(WorkflowId);
    let page = workflows::list(&mut conn, &filter, before, size).await?;
    let next = page.next.map(|id| id.0);
    Ok(page::respond(page, &uri, "before", next))
}
