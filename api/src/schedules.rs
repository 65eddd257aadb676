//! `/v1/schedules`

mod backfill;
mod next;
mod run;
mod set;
mod show;
mod switch;
mod ticks;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Shared;

/// The tag of these routes in OpenAPI.
const TAG: &str = "schedules";

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(show::list_schedules))
        .routes(routes!(
            show::show_schedule,
            set::set_schedule,
            set::remove_schedule
        ))
        .routes(routes!(switch::pause_schedule))
        .routes(routes!(switch::resume_schedule))
        .routes(routes!(show::list_schedule_versions))
        .routes(routes!(next::list_next_ticks))
        .routes(routes!(ticks::list_ticks))
        .routes(routes!(run::run_schedule))
        .routes(routes!(backfill::backfill_schedule))
}
