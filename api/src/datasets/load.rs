use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use nexus_handlers::load_request::{
    LoadInto, LoadRequest, LoadRequestError, LoadSource, ProfileChoice, Requested, request_load,
};
use nexus_jobs::{Actor, CaseId, DatasetId};
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
    /// The case that a new dataset belongs to.
    case_id: Option<i64>,
    /// The dataset to append to, instead of a new one. Its type must be the profile's.
    dataset_id: Option<i64>,
    /// The file, under an allowed directory (`datasets.roots`), or the URL of an object in an allowed
    /// store (`datasets.stores`).
    #[schema(example = "data/payments.csv.gz")]
    path: String,
    /// The name of a shipped profile, or a profile's TOML.
    #[schema(example = "corporate-payments")]
    profile: String,
    /// What a profile given as TOML is called; `own` if left out.
    profile_name: Option<String>,
    /// A new dataset's name; the file's if left out.
    name: Option<String>,
    /// Load it even if the case has the same bytes already.
    #[serde(default)]
    force: bool,
}

/// What was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the names in JSON")]
struct LoadAccepted {
    /// The dataset, pending unless it was there.
    dataset_id: i64,
    /// The load, pending.
    load_id: i64,
    /// The job that loads it.
    job_id: i64,
}

/// Load a file, as a new dataset or behind the rows of one
///
/// Either names a file of the server's machine (JSON), or uploads one (multipart/form-data), which
/// is streamed to disk. The load itself is a job. Loads of one dataset run one after another.
#[utoipa::path(post, path = "/v1/datasets", tag = super::TAG,
    request_body(content((LoadFile = "application/json"), (UploadForm = "multipart/form-data"))),
    responses(
        (status = 202, body = LoadAccepted, headers(("Location" = String, description = "The dataset"))),
        (status = 404, body = ErrorBody, description = "There is no such case or dataset"),
        (status = 409, body = ErrorBody, description = "The case is closed, or the dataset has failed or is of another type than the profile"),
        (status = 413, body = ErrorBody, description = "The file is larger than api.upload_bytes_max"),
        (status = 415, body = ErrorBody, description = "Neither JSON nor multipart/form-data"),
        (status = 422, body = ErrorBody, description = "The path is not allowed, or a field or the profile is wrong"),
        (status = 507, body = ErrorBody, description = "The disk that uploads are written to is full"),
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
                into: into(file.case_id, file.dataset_id, file.name)?,
                source: LoadSource::Named(file.path),
                profile: ProfileChoice::read(&file.profile, file.profile_name.as_deref()),
                force: file.force,
            };
            let mut conn = app.connection().await?;
            request_load(&mut conn, &app.producer, &app.sources, &request, &actor).await?
        }
        _ => {
            return Err(ApiError::media_type(
                "application/json or multipart/form-data",
            ));
        }
    };
    Ok(accepted(requested))
}

/// Where a file is to go: to a new dataset of a case, or behind the rows of a dataset.
pub(super) fn into(
    case: Option<i64>,
    dataset: Option<i64>,
    name: Option<String>,
) -> Result<LoadInto, ApiError> {
    match (case, dataset) {
        (Some(case), None) => Ok(LoadInto::New {
            case: CaseId(case),
            name,
        }),
        (None, Some(dataset)) if name.is_none() => Ok(LoadInto::Append(DatasetId(dataset))),
        (None, Some(_)) => Err(ApiError::invalid(
            "field \"name\" is for a new dataset, and \"dataset_id\" names one that is there",
        )),
        (Some(_), Some(_)) => Err(ApiError::invalid(
            "fields \"case_id\" and \"dataset_id\": give one of them",
        )),
        (None, None) => Err(ApiError::invalid(
            "field \"case_id\" is missing; or \"dataset_id\", to append to a dataset",
        )),
    }
}

/// Asks for an uploaded file to be loaded; the file stays exactly if somebody may come to read it.
///
/// On a task of its own: a caller that goes away must not leave a dataset whose file is deleted.
async fn load_upload(app: Shared, actor: Actor, upload: Upload) -> Result<Requested, ApiError> {
    let Upload { request, file } = upload;
    let load = async move {
        let mut conn = app.connection().await?;
        let asked = request_load(&mut conn, &app.producer, &app.sources, &request, &actor).await;
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
        load_id: requested.load_id.0,
        job_id: requested.job_id.0,
    };
    let location = [(LOCATION, format!("/v1/datasets/{}", accepted.dataset_id))];
    (StatusCode::ACCEPTED, location, axum::Json(accepted)).into_response()
}
