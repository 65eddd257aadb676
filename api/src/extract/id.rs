use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::error::ApiError;

/// The `{id}` of a path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Id(pub(crate) i64);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| ApiError::malformed(rejection.body_text()))?;
        match text.parse() {
            Ok(id) => Ok(Self(id)),
            Err(_) => Err(ApiError::malformed(format!(
                "{text:?} is no id: ids are whole numbers"
            ))),
        }
    }
}
