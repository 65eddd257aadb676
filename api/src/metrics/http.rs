use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::app::Shared;

/// Upper bounds of the latency buckets, in seconds: a quick read to a long upload.
const BUCKETS_S: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0,
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    route: String,
    method: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: String,
    method: &'static str,
    status: u16,
}

/// How requests were answered.
#[derive(Debug)]
pub(super) struct HttpMetrics {
    requests: Family<Answered, Counter>,
    duration: Family<Asked, Histogram, fn() -> Histogram>,
}

impl HttpMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let requests = Family::default();
        let duration = Family::new_with_constructor((|| Histogram::new(BUCKETS_S)) as fn() -> _);
        registry.register("http_requests", "HTTP requests answered", requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time from a request's head to its response's",
            Unit::Seconds,
            duration.clone(),
        );
        Self { requests, duration }
    }
}

/// Counts and times the request, by the route that it matched: paths hold ids, without end.
pub(crate) async fn measured(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or("none", MatchedPath::as_str).to_owned();
    let method = name(request.method());
    let started = Instant::now();
    let response = next.run(request).await;
    let http = &app.metrics.http;
    let asked = Asked {
        route: route.clone(),
        method,
    };
    http.duration
        .get_or_create(&asked)
        .observe(started.elapsed().as_secs_f64());
    let answered = Answered {
        route,
        method,
        status: response.status().as_u16(),
    };
    http.requests.get_or_create(&answered).inc();
    response
}

/// A method's name, of which callers may invent any number.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
