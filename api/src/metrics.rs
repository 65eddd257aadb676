//! `/metrics`, in the text format of Prometheus. A registry per server, none global.

mod build;
mod bus;
mod events;
mod http;
mod ingest;
mod kafka;
mod ledger;
mod process;
mod relay;
mod schedules;
mod workflows;

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use nexus_config::Settings;
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
    kafka: Arc<kafka::Kafka>,
}

impl Metrics {
    pub(crate) fn new(settings: &Settings, parts: &Parts) -> Self {
        let mut registry = Registry::with_prefix("nexus");
        build::register(&mut registry);
        let http = http::HttpMetrics::register(&mut registry);
        let ledger = Arc::new(ledger::Ledger::new(parts.pool.clone()));
        registry.register_collector(Box::new(Arc::clone(&ledger)));
        let kafka = Arc::new(kafka::Kafka::new(settings, parts));
        registry.register_collector(Box::new(Arc::clone(&kafka)));
        registry.register_collector(Box::new(bus::Events(parts.bus.clone())));
        registry.register_collector(Box::new(process::Process));
        if let Some(relay) = &parts.relay {
            registry.register_collector(Box::new(relay::Relay(Arc::clone(relay))));
        }
        if let Some(advancer) = &parts.advancer {
            registry.register_collector(Box::new(workflows::Advancer(Arc::clone(advancer))));
        }
        if let Some(scheduler) = &parts.scheduler {
            let scheduler = schedules::Scheduler(Arc::clone(scheduler));
            registry.register_collector(Box::new(scheduler));
        }
        if !parts.ingests.is_empty() {
            registry.register_collector(Box::new(ingest::Ingests(parts.ingests.clone())));
        }
        Self {
            registry,
            http,
            ledger,
            kafka,
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
    tokio::join!(app.metrics.ledger.refresh(), app.metrics.kafka.refresh());
    let mut text = String::new();
    encode(&mut text, &app.metrics.registry).map_err(|error| ApiError::internal(&error))?;
    Ok(([(CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}
