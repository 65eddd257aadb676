//! Pages of lists: bounded, and each with the way to the next.

use axum::Json;
use axum::http::header::LINK;
use axum::http::{HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::error::ApiError;

/// Entries of a page that names no size.
const PAGE_DEFAULT: u32 = 50;

/// The size of a page: what was asked for, if it is allowed (`api.page_max`).
pub(crate) fn size(limit: Option<u32>, page_max: u32) -> Result<u32, ApiError> {
    match limit {
        None => Ok(PAGE_DEFAULT.min(page_max)),
        Some(size) if (1..=page_max).contains(&size) => Ok(size),
        Some(size) => Err(ApiError::malformed(format!(
            "limit={size} is out of range: 1 to {page_max} (api.page_max)"
        ))),
    }
}

/// The cursor after a page of rows with these ids: the last one if the page is full.
pub(crate) fn cursor(ids: impl ExactSizeIterator<Item = i64>, size: u32) -> Option<i64> {
    let full = u32::try_from(ids.len()).is_ok_and(|rows| rows >= size);
    ids.last().filter(|_| full)
}

/// A page's body, with a `Link` header to the next page where there is one: the same request with
/// its `key` set to `next`.
pub(crate) fn respond(page: impl Serialize, uri: &Uri, key: &str, next: Option<i64>) -> Response {
    let mut response = Json(page).into_response();
    let link = next.and_then(|next| HeaderValue::try_from(link(uri, key, next)).ok());
    if let Some(link) = link {
        response.headers_mut().insert(LINK, link);
    }
    response
}

fn link(uri: &Uri, key: &str, next: i64) -> String {
    let others = uri.query().unwrap_or_default().split('&').filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        !name.is_empty() && name != key
    });
    let mut query: Vec<String> = others.map(str::to_owned).collect();
    query.push(format!("{key}={next}"));
    format!("<{}?{}>; rel=\"next\"", uri.path(), query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_never_larger_than_allowed() {
        assert_eq!(size(None, 500).unwrap(), PAGE_DEFAULT);
        assert_eq!(size(None, 10).unwrap(), 10);
        assert_eq!(size(Some(500), 500).unwrap(), 500);
        assert!(size(Some(501), 500).is_err());
        assert!(size(Some(0), 500).is_err());
    }

    #[test]
    fn only_a_full_page_has_a_next_one() {
        assert_eq!(cursor([9, 8, 7].into_iter(), 3), Some(7));
        assert_eq!(cursor([9, 8].into_iter(), 3), None);
        assert_eq!(cursor([].into_iter(), 3), None);
    }

    #[test]
    fn the_next_page_is_the_same_question_further_on() {
        let next = |uri: &str| link(&uri.parse().unwrap(), "before", 7);
        assert_eq!(next("/v1/jobs"), "</v1/jobs?before=7>; rel=\"next\"");
        assert_eq!(
            next("/v1/jobs?before=99&state=running%2Cavailable&limit=2"),
            "</v1/jobs?state=running%2Cavailable&limit=2&before=7>; rel=\"next\""
        );
    }
}
