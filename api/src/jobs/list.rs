use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use nexus_jobs::{JobId, State as JobState, TenantId};
use nexus_schema::jobs::{self, Filter, Page};
use serde::Deserialize;

use crate::app::Shared;
use crate::error::{ApiError, Refusals};
use crate::extract::Query;
use crate::page;

/// Which jobs are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct JobsQuery {
    /// In one of these states, separated by commas: `scheduled`, `available`, `running`, `retryable`,
    /// `completed`, `discarded`, `cancelled`.
    #[param(example = "running,retryable")]
    state: Option<String>,
    /// Of this kind.
    kind: Option<String>,
    /// In this queue.
    queue: Option<String>,
    /// With this tag.
    tag: Option<String>,
    /// Of this tenant.
    tenant_id: Option<i64>,
    /// With an id below this: the `next` of the page before.
    before: Option<i64>,
    /// Jobs of a page: at most `api.page_max`, 50 if left out.
    #[param(minimum = 1)]
    limit: Option<u32>,
}

/// List jobs, the newest first
#[utoipa::path(get, path = "/v1/jobs", tag = super::TAG, params(JobsQuery),
    responses(
        (status = 200, body = Page, headers(("Link" = String, description = "The next page, if there is one"))),
        Refusals,
    ))]
pub(super) async fn list_jobs(
    State(app): State<Shared>,
    uri: Uri,
    Query(query): Query<JobsQuery>,
) -> Result<Response, ApiError> {
    let size = page::size(query.limit, app.settings.api.page_max)?;
    let filter = Filter {
        states: states(query.state.as_deref())?,
        kind: query.kind,
        queue: query.queue,
        tenant: query.tenant_id.map(TenantId),
        tag: query.tag,
    };
    let mut conn = app.connection().await?;
    let page = jobs::list(&mut conn, &filter, query.before.map(JobId), size).await?;
    let next = page.next.map(|id| id.0);
    Ok(page::respond(page, &uri, "before", next))
}

fn states(list: Option<&str>) -> Result<Vec<JobState>, ApiError> {
    let names = list.into_iter().flat_map(|list| list.split(','));
    names
        .map(|name| {
            name.trim()
                .parse()
                .map_err(|error: String| ApiError::malformed(error))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_a_list() {
        assert_eq!(states(None).unwrap(), []);
        let two = [JobState::Running, JobState::Completed];
        assert_eq!(states(Some("running, completed")).unwrap(), two);
        assert!(states(Some("running,")).is_err());
        assert!(states(Some("done")).is_err());
    }
}
