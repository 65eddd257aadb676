use axum::body::HttpBody;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use serde::de::DeserializeOwned;

pub(crate) use nexus_producer::request::{Unreadable, decode};

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

impl From<Unreadable> for ApiError {
    fn from(error: Unreadable) -> Self {
        match error {
            Unreadable::NotJson(message) => Self::malformed(message),
            Unreadable::Wrong(message) => Self::invalid(message),
        }
    }
}
