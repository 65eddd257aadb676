use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use nexus_jobs::CaseId;
use nexus_schema::cases::{self, CaseView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::Shared;
use crate::error::{ApiError, Refusals};
use crate::extract::Query;
use crate::page;

/// Which cases are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CasesQuery {
    /// With an id below this: the `next` of the page before.
    before: Option<i64>,
    /// Cases of a page: at most `api.page_max`, 50 if left out.
    #[param(minimum = 1)]
    limit: Option<u32>,
}

/// A page of cases, the newest first.
#[derive(Debug, Serialize, ToSchema)]
struct CasePage {
    /// The cases.
    cases: Vec<CaseView>,
    /// Where the next page starts; null at the end.
    next: Option<i64>,
}

/// List cases, the newest first
#[utoipa::path(get, path = "/v1/cases", tag = super::TAG, params(CasesQuery),
    responses(
        (status = 200, body = CasePage, headers(("Link" = String, description = "The next page, if there is one"))),
        Refusals,
    ))]
pub(super) async fn list_cases(
    State(app): State<Shared>,
    uri: Uri,
    Query(query): Query<CasesQuery>,
) -> Result<Response, ApiError> {
    let size = page::size(query.limit, app.settings.api.page_max)?;
    let mut conn = app.connection().await?;
    let cases = cases::list(&mut conn, query.before.map(CaseId), size).await?;
    let next = page::cursor(cases.iter().map(|case| case.id), size);
    Ok(page::respond(
        CasePage { cases, next },
        &uri,
        "before",
        next,
    ))
}
