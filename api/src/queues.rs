//! `/v1/queues`

mod ask;
mod list;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Shared;

/// The tag of these routes in OpenAPI.
const TAG: &str = "queues";

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list::list_queues))
        .routes(routes!(ask::scale_queue))
        .routes(routes!(ask::pause_queue))
        .routes(routes!(ask::resume_queue))
        .routes(routes!(ask::switch_queue))
}
