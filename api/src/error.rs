//! One shape for every error: a code for programs, a message for people, a hint where one helps.

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use nexus_handlers::load_request::LoadRequestError;
use nexus_handlers::workflow_request::WorkflowRequestError;
use nexus_schema::Error as LedgerError;
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

/// When a caller may try again after a server was away, in seconds.
const RETRY_AFTER_S: HeaderValue = HeaderValue::from_static("5");

/// The body of every error.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    error: ErrorDetail,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
struct ErrorDetail {
    /// For programs; does not change.
    #[schema(example = "not_found")]
    code: &'static str,
    /// For people: what was wrong, and where.
    #[schema(example = "no job 17")]
    message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// A request that cannot be answered as asked.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    hint: Option<String>,
}

/// The errors that every route has in common, for OpenAPI.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes responses; never made")]
pub(crate) enum Refusals {
    /// The request cannot be read: malformed JSON, an unknown or wrong parameter.
    #[response(status = 400)]
    Malformed(ErrorBody),
    /// Postgres or the broker is away; try again after `Retry-After` seconds.
    #[response(status = 503)]
    Unavailable(ErrorBody),
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            hint: None,
        }
    }

    /// 400: it cannot be read.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", message)
    }

    /// 404: there is no such thing.
    pub(crate) fn not_found(what: &str, id: impl std::fmt::Display) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("no {what} {id}"),
        )
    }

    /// 409: it does not go with what is there.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", message)
    }

    /// 413: it is larger than allowed.
    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    }

    /// 415: it is not of a type that is read here.
    pub(crate) fn media_type(expected: &str) -> Self {
        let message = format!("the content type must be {expected}");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", message)
    }

    /// 422: it can be read, but what it says is wrong.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message)
    }

    /// 500: nothing that the caller did. The cause is logged, not told.
    pub(crate) fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed");
        let message = "something went wrong; the log has the cause under this request's id";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }

    /// 503: a server is away.
    pub(crate) fn unavailable(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message)
    }

    /// 507: the disk that uploads are written to is full. The cause is logged, too.
    pub(crate) fn storage_full(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "no room for an upload");
        let message = "the disk that uploads are written to (datasets.spool) is full; nothing was kept of \
                       this one";
        Self::new(StatusCode::INSUFFICIENT_STORAGE, "storage_full", message)
            .hint("free room there, or put the file under an allowed directory and name its path")
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = ErrorBody {
            error: ErrorDetail {
                code: self.code,
                message: self.message,
                hint: self.hint,
            },
        };
        let mut response = (self.status, Json(body)).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_S);
        }
        response
    }
}

impl From<LedgerError> for ApiError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Unavailable(_) => {
                Self::unavailable("postgres_unavailable", error.to_string())
                    .hint("try again; GET /health/postgres shows its state")
            }
            LedgerError::Contended(_) => Self::unavailable("contended", error.to_string()),
            LedgerError::StaleClaim(_) => Self::conflict(error.to_string()),
            LedgerError::Conflict(message) => Self::conflict(message),
            LedgerError::NotFound { what, id } => Self::not_found(what, id),
            LedgerError::Invalid(message) => Self::invalid(message),
            LedgerError::Database(_) => Self::internal(&error),
        }
    }
}

impl From<LoadRequestError> for ApiError {
    fn from(error: LoadRequestError) -> Self {
        match error {
            LoadRequestError::Ledger(error) => error.into(),
            LoadRequestError::Source(_) => Self::invalid(error.to_string()).hint(
                "name a file under an allowed directory or an object in an allowed store, or upload it as \
                 multipart/form-data",
            ),
            LoadRequestError::NoSuchProfile(_)
            | LoadRequestError::Profile(_)
            | LoadRequestError::Invalid(_) => Self::invalid(error.to_string().trim_end()),
        }
    }
}

impl From<WorkflowRequestError> for ApiError {
    fn from(error: WorkflowRequestError) -> Self {
        match error {
            WorkflowRequestError::NotJson(message) => Self::malformed(message),
            WorkflowRequestError::Wrong(message) => Self::invalid(message),
            WorkflowRequestError::Ledger(error) => error.into(),
            WorkflowRequestError::Load { at, wrong } => {
                let mut error = Self::from(wrong);
                error.message = format!("field {at:?}: {}", error.message);
                error
            }
        }
    }
}

/// No such route.
pub(crate) async fn no_route(method: Method, uri: Uri) -> ApiError {
    ApiError::not_found("route", format_args!("{method} {}", uri.path()))
        .hint("GET /docs lists every route")
}

/// There is such a route, but not with this method. The router adds which there are.
pub(crate) async fn no_method(method: Method, uri: Uri) -> ApiError {
    let message = format!("{} does not take {method}", uri.path());
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method", message)
        .hint("the Allow header names the methods that it takes")
}
