//! `/v1/cases`

mod change;
mod list;
mod open;
mod show;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Shared;
use crate::error::ApiError;

/// The tag of these routes in OpenAPI.
const TAG: &str = "cases";

/// Longest name of a case or an examiner, in bytes.
const NAME_BYTES_MAX: usize = 200;

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(open::open_case, list::list_cases))
        .routes(routes!(show::show_case, change::change_case))
}

/// A name, if it can stand in a row and on a screen.
fn check_name(field: &str, name: &str) -> Result<(), ApiError> {
    let fit =
        !name.trim().is_empty() && name.len() <= NAME_BYTES_MAX && !name.contains(char::is_control);
    if fit {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "field {field:?}: it must be 1 to {NAME_BYTES_MAX} bytes without control characters"
    )))
}
