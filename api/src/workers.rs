//! `/v1/workers`

mod ask;
mod list;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Shared;

/// The tag of these routes in OpenAPI.
const TAG: &str = "workers";

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list::list_workers))
        .routes(routes!(ask::quiet_worker))
        .routes(routes!(ask::drain_worker))
        .routes(routes!(ask::resume_worker))
}
