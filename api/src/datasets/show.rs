use axum::Json;
use axum::extract::State;
use nexus_jobs::DatasetId;
use nexus_schema::datasets::{self, DatasetDetail};

use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::Id;

/// Show a dataset with its loads, its sums and its rejects by reason
#[utoipa::path(get, path = "/v1/datasets/{id}", tag = super::TAG,
    params(("id" = i64, Path, description = "The dataset")),
    responses(
        (status = 200, body = DatasetDetail),
        (status = 404, body = ErrorBody, description = "There is no such dataset"),
        Refusals,
    ))]
pub(super) async fn show_dataset(
    State(app): State<Shared>,
    Id(id): Id,
) -> Result<Json<DatasetDetail>, ApiError> {
    let mut conn = app.connection().await?;
    match datasets::find(&mut conn, DatasetId(id)).await? {
        Some(dataset) => Ok(Json(dataset)),
        None => Err(ApiError::not_found("dataset", id)),
    }
}
