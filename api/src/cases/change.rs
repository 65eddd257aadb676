use axum::Json;
use axum::extract::State;
use nexus_jobs::CaseId;
use nexus_schema::cases::{self, CaseChange, CaseView};
use serde::Deserialize;
use utoipa::ToSchema;

use super::check_name;
use crate::actor::Requester;
use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::{Id, Json as Body};

/// A change of a case. What is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeCase {
    /// Who examines from now on.
    examiner: Option<String>,
    /// `open` or `closed`; a closed case takes no datasets.
    #[schema(example = "closed")]
    state: Option<String>,
    /// Whether nothing of it may be deleted.
    legal_hold: Option<bool>,
}

/// Change a case
#[utoipa::path(patch, path = "/v1/cases/{id}", tag = super::TAG, request_body = ChangeCase,
    params(("id" = i64, Path, description = "The case")),
    responses(
        (status = 200, body = CaseView),
        (status = 404, body = ErrorBody, description = "There is no such case"),
        (status = 422, body = ErrorBody, description = "A field is wrong"),
        Refusals,
    ))]
pub(super) async fn change_case(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Id(id): Id,
    Body(change): Body<ChangeCase>,
) -> Result<Json<CaseView>, ApiError> {
    if let Some(examiner) = &change.examiner {
        check_name("examiner", examiner)?;
    }
    let change = CaseChange {
        examiner: change.examiner,
        state: change.state,
        legal_hold: change.legal_hold,
    };
    let mut conn = app.connection().await?;
    let case = cases::change(&mut conn, CaseId(id), &change, &actor).await?;
    Ok(Json(case))
}
