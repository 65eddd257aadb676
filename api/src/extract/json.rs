use axum::body::HttpBody;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::app::Shared;
use crate::body;
use crate::error::ApiError;

/// A JSON body, read whole.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

/// The bytes of a JSON body, of which nothing is known yet but that they are within
/// `api.body_bytes_max`.
#[derive(Debug)]
pub(crate) struct JsonBody(pub(crate) Vec<u8>);

impl<T: DeserializeOwned> FromRequest<Shared> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, ApiError> {
        let JsonBody(bytes) = <JsonBody as FromRequest<Shared>>::from_request(request, app).await?;
        Ok(Self(decode(&bytes)?))
    }
}

impl FromRequest<Shared> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, ApiError> {
        if !body::is_json(&body::media_type(request.headers())) {
            return Err(ApiError::media_type("application/json"));
        }
        let (parts, body) = request.into_parts();
        let bytes = body::read(&parts.headers, body, app.settings.api.body_bytes_max).await?;
        Ok(Self(bytes))
    }
}

/// No body at all is `None`.
impl OptionalFromRequest<Shared> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Shared) -> Result<Option<Self>, ApiError> {
        if request.body().is_end_stream() {
            return Ok(None);
        }
        let read = <Self as FromRequest<Shared>>::from_request(request, app).await;
        read.map(Some)
    }
}

/// Why a text is not what was expected.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// It is no JSON.
    NotJson(String),
    /// It is of another shape; names the field.
    Wrong(String),
}

impl From<Unreadable> for ApiError {
    fn from(error: Unreadable) -> Self {
        match error {
            Unreadable::NotJson(message) => Self::malformed(message),
            Unreadable::Wrong(message) => Self::invalid(message),
        }
    }
}

/// Reads JSON; what is wrong with it is told by its field.
pub(crate) fn decode<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<T, Unreadable> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        match inner.classify() {
            Category::Data if path == "." => Unreadable::Wrong(plain(&inner)),
            Category::Data => Unreadable::Wrong(format!("field {path:?}: {}", plain(&inner))),
            Category::Syntax | Category::Eof | Category::Io => not_json(&inner),
        }
    })?;
    reader.end().map_err(|error| not_json(&error))?;
    Ok(read)
}

fn not_json(error: &serde_json::Error) -> Unreadable {
    Unreadable::NotJson(format!("the body is no JSON: {error}"))
}

/// The error without its line and column: the field's path says more.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}
