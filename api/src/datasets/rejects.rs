use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use nexus_jobs::DatasetId;
use nexus_schema::datasets::{self, RejectPage};
use serde::Deserialize;

use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::{Id, Query};
use crate::page;

/// Which rejects are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RejectsQuery {
    /// Rejected for this reason.
    reason: Option<String>,
    /// With row numbers above this: the `next` of the page before.
    after: Option<i64>,
    /// Rejects of a page: at most `api.page_max`, 50 if left out.
    #[param(minimum = 1)]
    limit: Option<u32>,
}

/// List a dataset's rejected rows, in the order of its files and their rows
#[utoipa::path(get, path = "/v1/datasets/{id}/rejects", tag = super::TAG,
    params(("id" = i64, Path, description = "The dataset"), RejectsQuery),
    responses(
        (status = 200, body = RejectPage, headers(("Link" = String, description = "The next page, if there is one"))),
        (status = 404, body = ErrorBody, description = "There is no such dataset"),
        Refusals,
    ))]
pub(super) async fn list_rejects(
    State(app): State<Shared>,
    uri: Uri,
    Id(id): Id,
    Query(query): Query<RejectsQuery>,
) -> Result<Response, ApiError> {
    let size = page::size(query.limit, app.settings.api.page_max)?;
    let (dataset, reason) = (DatasetId(id), query.reason.as_deref());
    let after = query.after.unwrap_or(0);
    let mut conn = app.connection().await?;
    let page = datasets::rejects(&mut conn, dataset, reason, after, size).await?;
    // Only an empty page leaves it open whether there is such a dataset.
    if page.rejects.is_empty() && datasets::find(&mut conn, dataset).await?.is_none() {
        return Err(ApiError::not_found("dataset", id));
    }
    let next = page.next;
    Ok(page::respond(page, &uri, "after", next))
}
