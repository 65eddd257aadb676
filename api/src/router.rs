//! Every route.

use axum::extract::DefaultBodyLimit;
use axum::response::Redirect;
use axum::{Router, middleware, routing};
use nexus_config::Settings;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::app::{App, Parts, Shared};
use crate::{
    cases, datasets, dead, error, health, jobs, limits, linger, local, metrics, queues, schedules,
    trace, triggers, workers, workflows,
};

/// The description that the routes are added to.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "NEXUS Jobs",
        description = "Jobs, cases and datasets. Errors are `{\"error\": {\"code\", \"message\", \"hint\"}}`; \
                       lists are paged by id, with a `Link` to the next page.",
        license(name = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "jobs", description = "Enqueue jobs, look at them, cancel and reschedule them"),
        (name = "workflows", description = "Jobs of which some wait for others: submit, look, call off, retry"),
        (name = "dead letters", description = "Jobs that were given up: run again, or thrown away"),
        (name = "cases", description = "Examination cases; every dataset belongs to one"),
        (name = "datasets", description = "Load files, and look at what became of them"),
        (name = "limits", description = "Limits, rates and circuit breakers"),
        (name = "triggers", description = "Jobs that events enqueue, and who listens to events"),
        (name = "schedules", description = "Jobs that the clock enqueues: cron expressions, time zones, back-fill"),
        (name = "queues", description = "Pause, resume and scale queues"),
        (name = "workers", description = "Look at worker processes, make them quiet, drain them"),
        (name = "health", description = "The state of the process and its servers"),
    )
)]
struct Description;

/// The routes over these parts. Made for [`crate::Server`]; tests may call it without listening.
pub fn router(settings: &Settings, parts: Parts) -> Router {
    let app = App::new(settings, parts);
    let (routes, openapi) = described().split_for_parts();
    // The validator would send the description to a server on the internet.
    let docs = SwaggerUi::new("/docs")
        .url("/openapi.json", openapi)
        .config(
            Config::default()
                .validator_url("none")
                .try_it_out_enabled(true),
        );
    routes
        .merge(Router::<Shared>::from(docs))
        .route("/", routing::get(|| async { Redirect::temporary("/docs/") }))
        .fallback(error::no_route)
        .method_not_allowed_fallback(error::no_method)
        // Bodies are bounded where they are read, by the settings.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn(local::only_local))
        .layer(middleware::from_fn(linger::lingering))
        .layer(middleware::from_fn_with_state(Shared::clone(&app), metrics::measured))
        .layer(middleware::from_fn(trace::traced))
        .with_state(app)
}

/// What `/openapi.json` answers.
pub fn openapi() -> utoipa::openapi::OpenApi {
    described().into_openapi()
}

fn described() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(Description::openapi())
        .merge(jobs::routes())
        .merge(workflows::routes())
        .merge(dead::routes())
        .merge(cases::routes())
        .merge(datasets::routes())
        .merge(limits::routes())
        .merge(triggers::routes())
        .merge(schedules::routes())
        .merge(queues::routes())
        .merge(workers::routes())
        .merge(health::routes())
        .merge(metrics::routes())
}

#[cfg(test)]
mod tests;
