//! `/healthz`, `/readyz`, `/health/postgres`, `/health/redis`

use std::fmt::Display;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{App, Shared};

/// The tag of these routes in OpenAPI.
const TAG: &str = "health";

/// How long a server may take to answer before it counts as away.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(alive))
        .routes(routes!(ready))
        .routes(routes!(postgres))
        .routes(routes!(redis))
}

/// The process lives.
#[derive(Debug, Serialize, ToSchema)]
struct Alive {
    #[schema(example = "alive")]
    status: &'static str,
}

/// Whether a server answers.
#[derive(Debug, Serialize, ToSchema)]
struct Answer {
    /// Whether it answered in time.
    ok: bool,
    /// How long that took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    round_trip_ms: Option<f64>,
    /// Why it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Whether requests can be served.
#[derive(Debug, Serialize, ToSchema)]
struct Readiness {
    /// Whether every server answers.
    ready: bool,
    postgres: Answer,
    redis: Answer,
}

/// Postgres, as this process sees it.
#[derive(Debug, Serialize, ToSchema)]
struct PostgresHealth {
    #[serde(flatten)]
    answer: Answer,
    pool: PoolHealth,
}

/// This process's connections.
#[derive(Debug, Serialize, ToSchema)]
struct PoolHealth {
    /// Open.
    connections: u32,
    /// Of these, not in use.
    idle: u32,
    /// That may be open at once.
    most: u32,
}

/// Whether the process lives
#[utoipa::path(get, path = "/healthz", tag = TAG, responses((status = 200, body = Alive)))]
async fn alive() -> Json<Alive> {
    Json(Alive { status: "alive" })
}

/// Whether Postgres and Redis answer
#[utoipa::path(get, path = "/readyz", tag = TAG, responses(
    (status = 200, body = Readiness),
    (status = 503, body = Readiness, description = "One of them does not"),
))]
async fn ready(State(app): State<Shared>) -> (StatusCode, Json<Readiness>) {
    let (postgres, redis) = tokio::join!(ask_postgres(&app), ask_redis(&app));
    let ready = postgres.ok && redis.ok;
    let body = Readiness {
        ready,
        postgres,
        redis,
    };
    (status(ready), Json(body))
}

/// Whether Postgres answers, and the pool's occupancy
#[utoipa::path(get, path = "/health/postgres", tag = TAG, responses(
    (status = 200, body = PostgresHealth),
    (status = 503, body = PostgresHealth, description = "It does not answer"),
))]
async fn postgres(State(app): State<Shared>) -> (StatusCode, Json<PostgresHealth>) {
    let answer = ask_postgres(&app).await;
    let (connections, idle) = app.parts.pool.occupancy();
    let settings = app.parts.pool.settings();
    let pool = PoolHealth {
        connections,
        idle,
        most: settings.pool_size + settings.pool_overflow,
    };
    (status(answer.ok), Json(PostgresHealth { answer, pool }))
}

/// Whether Redis answers
#[utoipa::path(get, path = "/health/redis", tag = TAG, responses(
    (status = 200, body = Answer),
    (status = 503, body = Answer, description = "It does not answer"),
))]
async fn redis(State(app): State<Shared>) -> (StatusCode, Json<Answer>) {
    let answer = ask_redis(&app).await;
    (status(answer.ok), Json(answer))
}

/// A connection from the pool is asked before it is handed out, so having one is the answer.
async fn ask_postgres(app: &App) -> Answer {
    answer(async { app.parts.pool.get().await.map(drop) }).await
}

async fn ask_redis(app: &App) -> Answer {
    answer(app.parts.transport.ping()).await
}

async fn answer<E: Display>(question: impl Future<Output = Result<(), E>>) -> Answer {
    let asked = Instant::now();
    let error = match tokio::time::timeout(ANSWER_WITHIN, question).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(format!("no answer within {} s", ANSWER_WITHIN.as_secs())),
    };
    Answer {
        ok: error.is_none(),
        round_trip_ms: error.is_none().then(|| milliseconds(asked.elapsed())),
        error,
    }
}

/// In milliseconds, to the microsecond.
fn milliseconds(span: Duration) -> f64 {
    (span.as_secs_f64() * 1e6).round() / 1e3
}

const fn status(ok: bool) -> StatusCode {
    if ok {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    }
}
