//! `/v1/jobs`

mod cancel;
mod enqueue;
mod list;
mod log;
mod request;
mod reschedule;
mod show;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Shared;

/// The tag of these routes in OpenAPI.
const TAG: &str = "jobs";

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(enqueue::enqueue_jobs, list::list_jobs))
        .routes(routes!(show::show_job, reschedule::change_job))
        .routes(routes!(cancel::cancel_job))
        .routes(routes!(cancel::cancel_jobs))
        .routes(routes!(log::job_log))
}
