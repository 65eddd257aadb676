use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::Response;
use nexus_schema::triggers::{self, TriggerLogPage};
use serde::Deserialize;

use crate::app::Shared;
use crate::error::{ApiError, Refusals};
use crate::extract::Query;
use crate::page;

/// Which entries.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LogQuery {
    /// With an id below this: the `next` of the page before.
    before: Option<i64>,
    /// Entries of a page: at most `api.page_max`, 50 if left out.
    #[param(minimum = 1)]
    limit: Option<u32>,
}

/// List what a trigger did with which event, the newest first
#[utoipa::path(get, path = "/v1/triggers/{name}/log", tag = super::TAG,
    params(("name" = String, Path, description = "The trigger"), LogQuery),
    responses(
        (status = 200, body = TriggerLogPage, headers(("Link" = String, description = "The next page, if there is one"))),
        Refusals,
    ))]
pub(super) async fn list_trigger_log(
    State(app): State<Shared>,
    uri: Uri,
    Path(name): Path<String>,
    Query(query): Query<LogQuery>,
) -> Result<Response, ApiError> {
    let size = page::size(query.limit, app.settings.api.page_max)?;
    let mut conn = app.connection().await?;
    let page = triggers::log(&mut conn, &name, query.before, size).await?;
    let next = page.next;
    Ok(page::respond(page, &uri, "before", next))
}
