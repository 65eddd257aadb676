//! Only this machine may ask, and only on purpose.
//!
//! Listening on a loopback address keeps other machines out, but not web pages that this machine's
//! browsers show: a page may post a form to 127.0.0.1, or have its own name resolve to it. Until
//! requests are authenticated, both are refused by the headers that browsers send.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::error::ApiError;

/// Answers 403 to a request that was meant for another host, or sent by a page of another one.
pub(crate) async fn only_local(request: Request, next: Next) -> Response {
    match foreign(request.headers()) {
        None => next.run(request).await,
        Some(wrong) => ApiError::new(StatusCode::FORBIDDEN, "not_local", wrong)
            .hint("ask by a loopback address or localhost, as this server is not authenticated yet")
            .into_response(),
    }
}

/// What shows that the request is not from here.
fn foreign(headers: &HeaderMap) -> Option<String> {
    let host = headers
        .get(HOST)
        .map(|host| host.to_str().unwrap_or_default());
    if let Some(host) = host.filter(|host| !is_loopback(host)) {
        return Some(format!("the request is for host {host:?}"));
    }
    let origin = headers
        .get(ORIGIN)
        .map(|origin| origin.to_str().unwrap_or_default());
    let from = |origin: &str| origin.strip_prefix("http://").is_some_and(is_loopback);
    let origin = origin.filter(|origin| !from(origin))?;
    Some(format!("the request comes from a page of {origin:?}"))
}

/// Whether `host` or `host:port` names this machine by loopback.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_has_few_names() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:8080",
            "localhost:1",
            "LOCALHOST",
            "[::1]:80",
            "[::1]",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "example.org",
            "localhost.example.org",
            "10.0.0.1:80",
            "127.0.0.1.example.org",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn a_foreign_page_is_known_by_its_origin() {
        let asked = |host: &'static str, origin: Option<&'static str>| {
            let mut headers = HeaderMap::from_iter([(HOST, host.parse().unwrap())]);
            headers.extend(origin.map(|origin| (ORIGIN, origin.parse().unwrap())));
            foreign(&headers).is_none()
        };
        assert!(asked("127.0.0.1:8080", None));
        assert!(asked("127.0.0.1:8080", Some("http://localhost:8080")));
        assert!(!asked("127.0.0.1:8080", Some("https://example.org")));
        assert!(!asked("127.0.0.1:8080", Some("null")));
        assert!(!asked("rebound.example.org", None));
    }
}
