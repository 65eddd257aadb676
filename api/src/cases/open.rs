use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use nexus_jobs::TenantId;
use nexus_schema::Error as LedgerError;
use nexus_schema::cases::{self, CaseView};
use serde::Deserialize;
use utoipa::ToSchema;

use super::check_name;
use crate::actor::Requester;
use crate::app::Shared;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::Json as Body;

/// A case to be opened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OpenCase {
    /// Its name, unique for a tenant.
    #[schema(example = "Payments 2010")]
    name: String,
    /// Who examines.
    #[schema(example = "R. Vance")]
    examiner: String,
    /// Whose case it is; tenant 1 if left out.
    tenant_id: Option<i64>,
}

/// Open a case
#[utoipa::path(post, path = "/v1/cases", tag = super::TAG, request_body = OpenCase,
    responses(
        (status = 201, body = CaseView, headers(("Location" = String, description = "The case"))),
        (status = 404, body = ErrorBody, description = "There is no such tenant"),
        (status = 409, body = ErrorBody, description = "The tenant has a case of this name"),
        (status = 422, body = ErrorBody, description = "A field is wrong"),
        Refusals,
    ))]
pub(super) async fn open_case(
    State(app): State<Shared>,
    Requester(actor): Requester,
    Body(new): Body<OpenCase>,
) -> Result<Response, ApiError> {
    check_name("name", &new.name)?;
    check_name("examiner", &new.examiner)?;
    let tenant = new.tenant_id.map_or(TenantId::DEFAULT, TenantId);
    if tenant < TenantId::DEFAULT {
        return Err(ApiError::not_found("tenant", tenant));
    }
    let mut conn = app.connection().await?;
    match cases::open(&mut conn, tenant, &new.name, &new.examiner, &actor).await {
        Ok(case) => {
            let location = [(LOCATION, format!("/v1/cases/{}", case.id))];
            Ok((StatusCode::CREATED, location, Json(case)).into_response())
        }
        // The name is taken.
        Err(LedgerError::Conflict(message)) => {
            let taken = cases::find_named(&mut conn, tenant, &new.name).await?;
            let error = ApiError::conflict(message);
            Err(match taken {
                Some(case) => error.hint(format!("it is /v1/cases/{}", case.id)),
                None => error,
            })
        }
        Err(error) => Err(error.into()),
    }
}
