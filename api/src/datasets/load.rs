use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use nexus_handlers::load_request::{
    LoadRequest, LoadRequestError, ProfileChoice, Requested, request_load,
};
use nexus_jobs::{Actor, CaseId};
use nexus_schema::Error as LedgerError;
use serde::{Deserialize, Serialize};
use tracing::Instrument;
use utoipa::ToSchema;

use super::upload::{self, Upload, UploadForm};
use crate::actor::Requester;
use crate::app::Shared;
use crate::body;
use crate::error::{ApiError, ErrorBody, Refusals};
use crate::extract::Json;

/// A file of the server's machine to be loaded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LoadFile {
    /// The case that the dataset belongs to.
    case_id: i64,
    /// The file, under an allowed directory (`datasets.roots`).
    #[schema(example = "data/payments.csv.gz")]
    path: String,
    /// The name of a shipped profile, or a profile's TOML.
    #[schema(example = "corporate-payments")]
    profile: String,
    /// What a profile given as TOML is called; `own` if left out.
    profile_name: Option<String>,
    /// The dataset's name; the file's if left out.
    name: Option<String>,
}

/// What was asked for.
#[derive(Debug, Serialize, ToSchema)]
struct LoadAccepted {
    /// The dataset, pending.
    dataset_id: i64,
    /// The job that loads it.
    job_id: i64,
}

/// Load a dataset
///
/// Either names a file of the server's machine (JSON), or uploads one (multipart/form-data), which
/// is streamed to disk. The load itself is a job.
#[utoipa::path(post, path = "/v1/datasets", tag = super::TAG,
    request_body(content((LoadFile = "application/json"), (UploadForm = "multipart/form-data"))),
    responses(
        (status = 202, body = LoadAccepted, headers(("Location" = String, description = "The dataset"))),
        (status = 404, body = ErrorBody, description = "There is no such case"),
        (status = 409, body = ErrorBody, description = "The case is closed"),
        (status = 413, body = ErrorBody, description = "The file is larger than api.upload_bytes_max"),
        (status = 415, body = ErrorBody, description = "Neither JSON nor multipart/form-data"),
        (status = 422, body = ErrorBody, description = "The path is not allowed, or a field or the profile is wrong"),
        Refusals,
    ))]
pub(super) async fn load_dataset(
    State(app): State<Shared>,
    Requester(actor): Requester,
    request: Request,
) -> Result<Response, ApiError> {
    let requested = match body::media_type(request.headers()).as_str() {
        "multipart/form-data" => {
            let upload = upload::receive(&app.settings, request).await?;
            load_upload(app, actor, upload).await?
        }
        json if body::is_json(json) => {
            let Json(file) = Json::<LoadFile>::from_request(request, &app).await?;
            let request = LoadRequest {
                case: CaseId(file.case_id),
                path: file.path.into(),
                name: file.name,
                profile: ProfileChoice::read(&file.profile, file.profile_name.as_deref()),
            };
            let mut conn = app.connection().await?;
            request_load(&mut conn, &app.producer, &app.roots, &request, &actor).await?
        }
        _ => {
            return Err(ApiError::media_type(
                "application/json or multipart/form-data",
            ));
        }
    };
    Ok(accepted(requested))
}

/// Asks for an uploaded file to be loaded; the file stays exactly if somebody may come to read it.
///
/// On a task of its own: a caller that goes away must not leave a dataset whose file is deleted.
async fn load_upload(app: Shared, actor: Actor, upload: Upload) -> Result<Requested, ApiError> {
    let Upload { request, file } = upload;
    let load = async move {
        let mut conn = app.connection().await?;
        let asked = request_load(&mut conn, &app.producer, &app.roots, &request, &actor).await;
        match &asked {
            Ok(_) => file.keep(),
            Err(LoadRequestError::Ledger(LedgerError::Unavailable(_))) => {
                let path = file.path().display();
                tracing::warn!(%path, "Postgres went away; the upload stays, for its dataset may be there");
                file.keep();
            }
            Err(_) => {}
        }
        Ok(asked?)
    };
    let task = tokio::spawn(load.in_current_span());
    task.await.map_err(|error| ApiError::internal(&error))?
}

fn accepted(requested: Requested) -> Response {
    let accepted = LoadAccepted {
        dataset_id: requested.dataset_id.0,
        job_id: requested.job_id.0,
    };
    let location = [(LOCATION, format!("/v1/datasets/{}", accepted.dataset_id))];
    (StatusCode::ACCEPTED, location, axum::Json(accepted)).into_response()
}
