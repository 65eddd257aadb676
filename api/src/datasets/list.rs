use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use nexus_jobs::{CaseId, DatasetId};
use nexus_schema::datasets::{self, DatasetView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::Shared;
use crate::error::{ApiError, Refusals};
use crate::extract::Query;
use crate::page;

/// Which datasets are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DatasetsQuery {
    /// Of this case.
    case_id: Option<i64>,
    /// With an id below this: the `next` of the page before.
    before: Option<i64>,
    /// Datasets of a page: at most `api.page_max`, 50 if left out.
    #[param(minimum = 1)]
    limit: Option<u32>,
}

/// A page of datasets, the newest first.
#[derive(Debug, Serialize, ToSchema)]
struct DatasetPage {
    /// The datasets.
    datasets: Vec<DatasetView>,
    /// Where the next page starts; null at the end.
    next: Option<i64>,
}

/// List datasets, the newest first
#[utoipa::path(get, path = "/v1/datasets", tag = super::TAG, params(DatasetsQuery),
    responses(
        (status = 200, body = DatasetPage, headers(("Link" = String, description = "The next page, if there is one"))),
        Refusals,
    ))]
pub(super) async fn list_datasets(
    State(app): State<Shared>,
    uri: Uri,
    Query(query): Query<DatasetsQuery>,
) -> Result<Response, ApiError> {
    let size = page::size(query.limit, app.settings.api.page_max)?;
    let (case, before) = (query.case_id.map(CaseId), query.before.map(DatasetId));
    let mut conn = app.connection().await?;
    let datasets = datasets::list(&mut conn, case, before, size).await?;
    let next = page::cursor(datasets.iter().map(|dataset| dataset.id), size);
    Ok(page::respond(
        DatasetPage { datasets, next },
        &uri,
        "before",
        next,
    ))
}
