//! `/v1/datasets`

mod held;
mod list;
mod load;
mod quality;
mod rejects;
mod show;
mod spool;
mod upload;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Shared;

/// The tag of these routes in OpenAPI.
const TAG: &str = "datasets";

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(load::load_dataset, list::list_datasets))
        .routes(routes!(show::show_dataset))
        .routes(routes!(quality::show_quality))
        .routes(routes!(rejects::list_rejects))
}
