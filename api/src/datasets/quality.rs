use axum::Json;
use axum::extract::State;
use nexus_jobs::DatasetId;
use nexus_schema::datasets::{self, DatasetQuality};

use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::Id;

/// Show how good a dataset is: its loads, its columns, its rejects, its sums
#[utoipa::path(get, path = "/v1/datasets/{id}/quality", tag = super::TAG,
    params(("id" = i64, Path, description = "The dataset")),
    responses(
        (status = 200, body = DatasetQuality),
        (status = 404, body = ErrorBody, description = "There is no such dataset"),
        Refusals,
    ))]
pub(super) async fn show_quality(
    State(app): State<Shared>,
    Id(id): Id,
) -> Result<Json<DatasetQuality>, ApiError> {
    let mut conn = app.connection().await?;
    match datasets::quality(&mut conn, DatasetId(id)).await? {
        Some(quality) => Ok(Json(quality)),
        None => Err(ApiError::not_found("dataset", id)),
    }
}
