//! Reading a body into memory, within a bound.

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use futures_util::StreamExt;
use nexus_config::Bytes;

use crate::error::ApiError;

/// The whole body; 413 if it is longer than `limit`, the setting `api.body_bytes_max`.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    limit: Bytes,
) -> Result<Vec<u8>, ApiError> {
    let too_large = || {
        ApiError::too_large(format!(
            "the body is larger than {limit} (api.body_bytes_max)"
        ))
    };
    // Said beforehand, it need not be read to know.
    if announced(headers).is_some_and(|bytes| bytes > limit.get()) {
        return Err(too_large());
    }
    let mut read = Vec::new();
    let mut stream = body.into_data_stream();
    while let Some(block) = stream.next().await {
        let block =
            block.map_err(|error| ApiError::malformed(format!("the body broke off: {error}")))?;
        if read.len() + block.len() > limit.as_usize() {
            return Err(too_large());
        }
        read.extend_from_slice(&block);
    }
    Ok(read)
}

/// The body's length, where the request says it.
pub(crate) fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The body's media type in lower case, without its parameters; empty where the request says none.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next());
    essence.unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether a media type is JSON.
pub(crate) fn is_json(media_type: &str) -> bool {
    media_type == "application/json"
        || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}
