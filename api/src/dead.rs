//! `/v1/dead`: dead letters.

mod delete;
mod list;
mod replay;
mod which;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Shared;

/// The tag of these routes in OpenAPI.
const TAG: &str = "dead letters";

/// Dead letters that one request may run again or throw away.
const STEP: u32 = 500;

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list::list_dead))
        .routes(routes!(list::show_dead, delete::delete_dead))
        .routes(routes!(replay::replay_one))
        .routes(routes!(replay::replay_many))
        .routes(routes!(delete::delete_many))
}
