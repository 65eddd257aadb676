//! `/metrics`, in the text format of Prometheus. A registry per server, none global.

mod build;
mod events;
mod http;
mod ingest;
mod ledger;
mod process;
mod relay;

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{Parts, Shared};
use crate::error::ApiError;

pub(crate) use http::measured;

const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// Everything that a server measures.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    http: http::HttpMetrics,
    ledger: Arc<ledger::Ledger>,
}

impl Metrics {
    pub(crate) fn new(parts: &Parts) -> Self {
        let mut registry = Registry::with_prefix("nexus");
        build::register(&mut registry);
        let http = http::HttpMetrics::register(&mut registry);
        let ledger = Arc::new(ledger::Ledger::new(parts.pool.clone()));
        registry.register_collector(Box::new(Arc::clone(&ledger)));
        registry.register_collector(Box::new(process::Process));
        if let Some(relay) = &parts.relay {
            registry.register_collector(Box::new(relay::Relay(Arc::clone(relay))));
        }
        if !parts.ingests.is_empty() {
            registry.register_collector(Box::new(ingest::Ingests(parts.ingests.clone())));
        }
        Self {
            registry,
            http,
            ledger,
        }
    }
}

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(metrics))
}

/// Metrics for Prometheus
#[utoipa::path(get, path = "/metrics", tag = "health", responses(
    (status = 200, body = String, content_type = "application/openmetrics-text"),
))]
async fn metrics(State(app): State<Shared>) -> Result<Response, ApiError> {
    app.metrics.ledger.refresh().await;
    let mut text = String::new();
    encode(&mut text, &app.metrics.registry).map_err(|error| ApiError::internal(&error))?;
    Ok(([(CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}
