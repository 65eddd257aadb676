//! `/v1/limits` and `/v1/breakers`

mod breakers;
mod list;
mod set;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Shared;

/// The tag of these routes in OpenAPI.
const TAG: &str = "limits";

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list::list_limits))
        .routes(routes!(set::set_limit, set::remove_limit))
        .routes(routes!(breakers::list_breakers))
        .routes(routes!(breakers::set_breaker, breakers::remove_breaker))
        .routes(routes!(breakers::reset_breaker))
}
