use axum::Json;
use axum::extract::State;
use nexus_jobs::CaseId;
use nexus_schema::cases::{self, CaseView};

use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::Id;

/// Show a case
#[utoipa::path(get, path = "/v1/cases/{id}", tag = super::TAG,
    params(("id" = i64, Path, description = "The case")),
    responses(
        (status = 200, body = CaseView),
        (status = 404, body = ErrorBody, description = "There is no such case"),
        Refusals,
    ))]
pub(super) async fn show_case(
    State(app): State<Shared>,
    Id(id): Id,
) -> Result<Json<CaseView>, ApiError> {
    let mut conn = app.connection().await?;
    match cases::find(&mut conn, CaseId(id)).await? {
        Some(case) => Ok(Json(case)),
        None => Err(ApiError::not_found("case", id)),
    }
}
