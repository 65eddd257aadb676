//! `/v1/triggers` and `/v1/listeners`

mod listeners;
mod log;
mod set;
mod show;
mod switch;
mod test;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Shared;

/// The tag of these routes in OpenAPI.
const TAG: &str = "triggers";

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(show::list_triggers))
        .routes(routes!(
            show::show_trigger,
            set::set_trigger,
            set::remove_trigger
        ))
        .routes(routes!(switch::enable_trigger))
        .routes(routes!(switch::disable_trigger))
        .routes(routes!(show::list_trigger_versions))
        .routes(routes!(log::list_trigger_log))
        .routes(routes!(test::test_triggers))
        .routes(routes!(listeners::list_listeners))
        .routes(routes!(listeners::forget_listener))
}
