use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use nexus_schema::schedules::{self, TickPage};
use serde::Deserialize;

use crate::app::Shared;
use crate::error::{ApiError, Refusals};
use crate::extract::Query;
use crate::page;

/// Which entries.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TicksQuery {
    /// With an id below this: the `next` of the page before.
    before: Option<i64>,
    /// Entries of a page: at most `api.page_max`, 50 if left out.
    #[param(minimum = 1)]
    limit: Option<u32>,
}

/// List what became of a schedule's ticks, the newest first; also of one that was removed
#[utoipa::path(get, path = "/v1/schedules/{name}/ticks", tag = super::TAG,
    params(("name" = String, Path, description = "The schedule"), TicksQuery),
    responses(
        (status = 200, body = TickPage, headers(("Link" = String, description = "The next page, if there is one"))),
        Refusals,
    ))]
pub(super) async fn list_ticks(
    State(app): State<Shared>,
    uri: Uri,
    Path(name): Path<String>,
    Query(query): Query<TicksQuery>,
) -> Result<Response, ApiError> {
    let size = page::size(query.limit, app.settings.api.page_max)?;
    let mut conn = app.connection().await?;
    let page = schedules::ticks(&mut conn, &name, query.before, size).await?;
    let next = page.next;
    Ok(page::respond(page, &uri, "before", next))
}
