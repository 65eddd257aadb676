use std::path::Path;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::header::{ALLOW, CONTENT_TYPE, HOST};
use axum::http::{Request, StatusCode};
use nexus_queue::MemoryTransport;
use nexus_schema::{Keep, Pool};
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::app::Bus;

/// The routes, over a Postgres that nobody listens for.
fn routes() -> Router {
    routes_spooling_to(Path::new("/nonexistent"))
}

fn routes_spooling_to(spool: &Path) -> Router {
    let mut settings = Settings::defaults();
    settings.datasets.spool = spool.to_owned();
    settings.api.upload_bytes_max = "2KiB".parse().unwrap();
    settings.postgres.app_url = "postgres://nobody@127.0.0.1:1/none".parse().unwrap();
    settings.postgres.pool_wait = "1ms".parse().unwrap();
    settings.api.body_bytes_max = "1KiB".parse().unwrap();
    let parts = Parts {
        pool: Pool::new(&settings.postgres, Keep::None),
        transport: Arc::new(MemoryTransport::default()),
        relay: None,
        ingests: Vec::new(),
        scheduler: None,
        advancer: None,
        bus: Bus::default(),
    };
    router(&settings, parts)
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

fn post(path: &str, content_type: &str, body: impl Into<Body>) -> Request<Body> {
    let request = Request::post(path).header(CONTENT_TYPE, content_type);
    request.body(body.into()).unwrap()
}

async fn ask(request: Request<Body>) -> (StatusCode, axum::http::HeaderMap, Value) {
    let response = routes().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
    (parts.status, parts.headers, json)
}

/// Asks what must fail; its status, code and message.
async fn refused(request: Request<Body>) -> (u16, String, String) {
    let (status, _, json) = ask(request).await;
    let text = |field: &str| json["error"][field].as_str().unwrap().to_owned();
    (status.as_u16(), text("code"), text("message"))
}

#[tokio::test]
async fn unknown_routes_and_methods_have_the_shape_of_every_error() {
    let (status, code, message) = refused(get("/v2/jobs")).await;
    assert_eq!((status, code.as_str()), (404, "not_found"));
    assert_eq!(message, "no route GET /v2/jobs");
    let delete = || Request::delete("/v1/jobs").body(Body::empty()).unwrap();
    assert_eq!(refused(delete()).await.0, 405);
    let (_, headers, _) = ask(delete()).await;
    assert!(headers[ALLOW].to_str().unwrap().contains("POST"));
}

#[tokio::test]
async fn what_cannot_be_read_is_told_before_postgres_is_asked() {
    let json = "application/json";
    for (request, status, word) in [
        (post("/v1/jobs", json, "{"), 400, "no JSON"),
        (
            post("/v1/jobs", "text/plain", "{}"),
            415,
            "application/json",
        ),
        (post("/v1/jobs", json, "{}"), 422, "kind"),
        (
            post("/v1/jobs", json, "x".repeat(2000)),
            413,
            "api.body_bytes_max",
        ),
        (get("/v1/jobs/x"), 400, "no id"),
        (get("/v1/jobs?limit=501"), 400, "1 to 500"),
        (get("/v1/jobs?limit=x"), 400, "limit"),
        (get("/v1/jobs?state=done"), 400, "scheduled"),
        (get("/v1/jobs?stat=running"), 400, "stat"),
        (get("/v1/jobs?kind=a%00b"), 400, "NUL"),
        (post("/v1/cases", json, r#"{"name": "a"}"#), 422, "examiner"),
        (
            post("/v1/cases", json, r#"{"name": " ", "examiner": "b"}"#),
            422,
            "name",
        ),
        (
            post("/v1/datasets", "text/csv", "a,b"),
            415,
            "multipart/form-data",
        ),
        (
            post("/v1/datasets", "multipart/form-data", "a"),
            400,
            "boundary",
        ),
    ] {
        let uri = request.uri().to_string();
        let (got, _, message) = refused(request).await;
        assert_eq!(got, status, "{uri}: {message}");
        assert!(message.contains(word), "{uri}: {message}");
    }
}

#[tokio::test]
async fn of_an_upload_that_is_refused_nothing_stays() {
    let file = |bytes: usize| {
        let head =
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n";
        format!("{head}{}\r\n", "x".repeat(bytes))
    };
    let field = "--b\r\nContent-Disposition: form-data; name=\"case_id\"\r\n\r\n1\r\n";
    let end = "--b--\r\n";
    let form = "multipart/form-data; boundary=b";
    for (body, status) in [
        (format!("{}{end}", file(3000)), 413),
        (format!("{}{end}", file(0)), 422),
        (format!("{}{}{end}", file(9), file(9)), 422),
        (format!("{}{field}{end}", file(9)), 422),
        (format!("{}{field}", file(9)), 400),
        ("x".repeat(5 * 1024 * 1024), 400),
    ] {
        let spool = tempfile::tempdir().unwrap();
        let routes = routes_spooling_to(spool.path());
        let response = routes
            .oneshot(post("/v1/datasets", form, body))
            .await
            .unwrap();
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(std::fs::read_dir(spool.path()).unwrap().count(), 0);
    }
}

#[tokio::test]
async fn postgres_away_is_503_with_a_time_to_try_again() {
    let (status, headers, json) = ask(get("/v1/jobs/1")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(headers["retry-after"], "5");
    assert_eq!(json["error"]["code"], "postgres_unavailable");
}

#[tokio::test]
async fn the_process_lives_whatever_is_away() {
    assert_eq!(ask(get("/healthz")).await.0, StatusCode::OK);
    let (status, _, json) = ask(get("/readyz")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(json["postgres"]["ok"], false);
    assert_eq!(json["redis"]["ok"], true);
    assert_eq!(ask(get("/metrics")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_request_for_another_host_is_refused() {
    let request = Request::get("/healthz").header(HOST, "example.org");
    let (status, code, _) = refused(request.body(Body::empty()).unwrap()).await;
    assert_eq!((status, code.as_str()), (403, "not_local"));
}

#[tokio::test]
async fn a_request_keeps_its_id_or_gets_one() {
    let request = Request::get("/healthz").header("x-request-id", "a-1");
    let (_, headers, _) = ask(request.body(Body::empty()).unwrap()).await;
    assert_eq!(headers["x-request-id"], "a-1");
    let request = Request::get("/healthz").header("x-request-id", "a b");
    let (_, headers, _) = ask(request.body(Body::empty()).unwrap()).await;
    assert_eq!(headers["x-request-id"].len(), 36);
}

#[tokio::test]
async fn the_docs_load_nothing_from_elsewhere() {
    let text = async |path: &str| {
        let response = routes().oneshot(get(path)).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    };
    let page = text("/docs/").await;
    assert!(page.contains("swagger-ui"));
    assert!(!page.contains("src=\"http") && !page.contains("href=\"http"));
    assert!(
        text("/docs/swagger-initializer.js")
            .await
            .contains("/openapi.json")
    );
    assert_eq!(ask(get("/")).await.0, StatusCode::TEMPORARY_REDIRECT);
}

#[test]
fn every_route_is_described() {
    let json = serde_json::to_value(openapi()).unwrap();
    let routes: Vec<String> = json["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    insta::assert_snapshot!(routes.join("\n"), @r"
    GET /health/postgres
    GET /health/redis
    GET /healthz
    GET /metrics
    GET /readyz
    GET /v1/breakers
    DELETE /v1/breakers/{kind}
    PUT /v1/breakers/{kind}
    POST /v1/breakers/{kind}/reset
    GET /v1/cases
    POST /v1/cases
    GET /v1/cases/{id}
    PATCH /v1/cases/{id}
    GET /v1/datasets
    POST /v1/datasets
    GET /v1/datasets/{id}
    GET /v1/datasets/{id}/quality
    GET /v1/datasets/{id}/rejects
    GET /v1/dead
    POST /v1/dead/delete
    POST /v1/dead/replay
    DELETE /v1/dead/{id}
    GET /v1/dead/{id}
    POST /v1/dead/{id}/replay
    GET /v1/jobs
    POST /v1/jobs
    POST /v1/jobs/cancel
    GET /v1/jobs/{id}
    PATCH /v1/jobs/{id}
    POST /v1/jobs/{id}/cancel
    GET /v1/jobs/{id}/log
    GET /v1/limits
    DELETE /v1/limits/{name}
    PUT /v1/limits/{name}
    GET /v1/listeners
    DELETE /v1/listeners/{name}
    GET /v1/queues
    PUT /v1/queues/{name}
    POST /v1/queues/{name}/pause
    POST /v1/queues/{name}/resume
    PUT /v1/queues/{name}/transport
    GET /v1/schedules
    DELETE /v1/schedules/{name}
    GET /v1/schedules/{name}
    PUT /v1/schedules/{name}
    POST /v1/schedules/{name}/backfill
    GET /v1/schedules/{name}/next
    POST /v1/schedules/{name}/pause
    POST /v1/schedules/{name}/resume
    POST /v1/schedules/{name}/run
    GET /v1/schedules/{name}/ticks
    GET /v1/schedules/{name}/versions
    GET /v1/triggers
    POST /v1/triggers/test
    DELETE /v1/triggers/{name}
    GET /v1/triggers/{name}
    PUT /v1/triggers/{name}
    POST /v1/triggers/{name}/disable
    POST /v1/triggers/{name}/enable
    GET /v1/triggers/{name}/log
    GET /v1/triggers/{name}/versions
    GET /v1/workers
    POST /v1/workers/{id}/drain
    POST /v1/workers/{id}/quiet
    POST /v1/workers/{id}/resume
    GET /v1/workflows
    POST /v1/workflows
    GET /v1/workflows/{id}
    POST /v1/workflows/{id}/cancel
    POST /v1/workflows/{id}/retry
    ");
}

/// What a description points at is there.
#[test]
fn every_schema_that_is_named_is_described() {
    fn names(json: &Value, found: &mut Vec<String>) {
        match json {
            Value::Object(fields) => fields.iter().for_each(|(key, value)| match value {
                Value::String(name) if key == "$ref" => found.push(name.clone()),
                value => names(value, found),
            }),
            Value::Array(items) => items.iter().for_each(|item| names(item, found)),
            _ => {}
        }
    }
    let json = serde_json::to_value(openapi()).unwrap();
    let mut found = Vec::new();
    names(&json, &mut found);
    assert!(!found.is_empty());
    for name in found {
        assert!(
            json.pointer(name.trim_start_matches('#')).is_some(),
            "{name}"
        );
    }
}
