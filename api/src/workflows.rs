//! `/v1/workflows`

mod cancel;
mod list;
mod retry;
mod show;
mod submit;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Shared;

/// The tag of these routes in OpenAPI.
const TAG: &str = "workflows";

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(submit::submit_workflow, list::list_workflows))
        .routes(routes!(show::show_workflow))
        .routes(routes!(cancel::cancel_workflow))
        .routes(routes!(retry::retry_workflow))
}
