//! Reading an upload: small fields into memory, the file to the spool directory.

use std::io::{self, ErrorKind};

use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::StatusCode;
use nexus_config::Settings;
use nexus_handlers::load_request::{LoadRequest, LoadSource, PROFILE_BYTES_MAX, ProfileChoice};
use utoipa::ToSchema;

use super::held::Held;
use super::load::into;
use super::spool::{Part, Spooled};
use crate::body::announced;
use crate::error::ApiError;

/// What an upload may have beside the file's own bytes: fields, boundaries, headers.
const FORM_BYTES_MAX: u64 = 1024 * 1024;

/// Size of a field that is neither the file nor the profile, in bytes.
const FIELD_BYTES_MAX: usize = 1024;

/// A file that is sent along, to be loaded.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes a form; never made")]
pub(super) struct UploadForm {
    /// The case that a new dataset belongs to.
    case_id: Option<i64>,
    /// The dataset to append to, instead of a new one. Its type must be the profile's.
    dataset_id: Option<i64>,
    /// The name of a shipped profile, or a profile's TOML.
    #[schema(example = "corporate-payments")]
    profile: String,
    /// What a profile given as TOML is called; `own` if left out.
    profile_name: Option<String>,
    /// A new dataset's name; the file's if left out.
    name: Option<String>,
    /// `true`: load it even if the case has the same bytes already.
    force: Option<bool>,
    /// The file: CSV, JSON Lines or Parquet, plain, gzip or zstd; at most `api.upload_bytes_max`.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// An upload that arrived whole.
#[derive(Debug)]
pub(super) struct Upload {
    /// What is asked for; its path is the file's.
    pub(super) request: LoadRequest,
    /// The file.
    pub(super) file: Spooled,
}

/// The fields of a form, as they come.
#[derive(Debug, Default)]
struct Form {
    case_id: Option<String>,
    dataset_id: Option<String>,
    profile: Option<String>,
    profile_name: Option<String>,
    name: Option<String>,
    force: Option<String>,
    file: Option<(Option<String>, Spooled)>,
}

/// What the parts of a form are read with.
#[derive(Debug)]
struct Reader<'a> {
    settings: &'a Settings,
    held: Held,
}

impl Reader<'_> {
    /// What the form's reader gave, which then holds it no longer.
    fn came_out<T>(&self, read: Result<T, MultipartError>) -> Result<T, ApiError> {
        self.held.came_out();
        read.map_err(|error| match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => too_large(self.settings),
            _ => ApiError::malformed(format!("the form cannot be read: {}", error.body_text())),
        })
    }
}

/// Reads an upload. Whatever was written is removed unless the whole of it arrives.
pub(super) async fn receive(settings: &Settings, request: Request) -> Result<Upload, ApiError> {
    let whole_max = settings
        .api
        .upload_bytes_max
        .get()
        .saturating_add(FORM_BYTES_MAX);
    if announced(request.headers()).is_some_and(|bytes| bytes > whole_max) {
        return Err(too_large(settings));
    }
    let reader = Reader {
        settings,
        held: Held::default(),
    };
    let mut request = request.map(|body| reader.held.bound(body));
    DefaultBodyLimit::max(usize::try_from(whole_max).unwrap_or(usize::MAX)).apply(&mut request);
    let mut fields = Multipart::from_request(request, &())
        .await
        .map_err(|rejection| ApiError::malformed(rejection.body_text()))?;
    let mut form = Form::default();
    while let Some(field) = reader.came_out(fields.next_field().await)? {
        form.take(field, &reader).await?;
    }
    form.finish()
}

impl Form {
    async fn take(&mut self, field: Field<'_>, reader: &Reader<'_>) -> Result<(), ApiError> {
        let name = field.name().unwrap_or_default().to_owned();
        let (slot, bytes_max) = match name.as_str() {
            "file" if self.file.is_some() => return Err(twice("file")),
            "file" => {
                let named = field.file_name().and_then(base_name);
                self.file = Some((named, spool(field, reader).await?));
                return Ok(());
            }
            "case_id" => (&mut self.case_id, FIELD_BYTES_MAX),
            "dataset_id" => (&mut self.dataset_id, FIELD_BYTES_MAX),
            "force" => (&mut self.force, FIELD_BYTES_MAX),
            "profile" => (&mut self.profile, PROFILE_BYTES_MAX),
            "profile_name" => (&mut self.profile_name, FIELD_BYTES_MAX),
            "name" => (&mut self.name, FIELD_BYTES_MAX),
            _ => {
                return Err(ApiError::invalid(format!(
                    "unknown field {name:?}: there are case_id, dataset_id, profile, profile_name, \
                     name, force and file"
                )));
            }
        };
        if slot.is_some() {
            return Err(twice(&name));
        }
        *slot = Some(text(field, &name, bytes_max, reader).await?);
        Ok(())
    }

    fn finish(self) -> Result<Upload, ApiError> {
        let missing = |field: &str| ApiError::invalid(format!("field {field:?} is missing"));
        let (named, file) = self.file.ok_or_else(|| missing("file"))?;
        let case = id("case_id", self.case_id)?;
        let dataset = id("dataset_id", self.dataset_id)?;
        let name = match dataset {
            Some(_) => self.name,
            None => Some(self.name.or(named).unwrap_or_else(|| "upload".to_owned())),
        };
        let profile = self.profile.ok_or_else(|| missing("profile"))?;
        let request = LoadRequest {
            into: into(case, dataset, name)?,
            source: LoadSource::Upload(file.path().to_string_lossy().into_owned()),
            profile: ProfileChoice::read(&profile, self.profile_name.as_deref()),
            force: flag("force", self.force.as_deref())?,
        };
        Ok(Upload { request, file })
    }
}

/// A field that is an id.
fn id(field: &str, text: Option<String>) -> Result<Option<i64>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    let id = text.trim().parse().map_err(|_| {
        ApiError::invalid(format!(
            "field {field:?}: {text:?} is no id: ids are whole numbers"
        ))
    })?;
    Ok(Some(id))
}

/// A field that is yes or no; no if it is not there.
fn flag(field: &str, text: Option<&str>) -> Result<bool, ApiError> {
    match text.map(str::trim) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(ApiError::invalid(format!(
            "field {field:?}: {other:?} is neither true nor false"
        ))),
    }
}

/// Streams a file to the spool directory.
async fn spool(mut field: Field<'_>, reader: &Reader<'_>) -> Result<Spooled, ApiError> {
    let settings = reader.settings;
    let full = |error: io::Error| unspooled(&error);
    let mut part = Part::create(&settings.datasets.spool).await.map_err(full)?;
    let mut bytes = 0;
    while let Some(block) = reader.came_out(field.chunk().await)? {
        bytes += block.len() as u64;
        if bytes > settings.api.upload_bytes_max.get() {
            return Err(too_large(settings));
        }
        part.write(&block).await.map_err(full)?;
    }
    if bytes == 0 {
        return Err(ApiError::invalid("field \"file\": the file is empty"));
    }
    part.finish().await.map_err(full)
}

async fn text(
    mut field: Field<'_>,
    name: &str,
    bytes_max: usize,
    reader: &Reader<'_>,
) -> Result<String, ApiError> {
    let mut bytes = Vec::new();
    while let Some(block) = reader.came_out(field.chunk().await)? {
        if bytes.len() + block.len() > bytes_max {
            let message = format!("field {name:?} has more than {bytes_max} bytes");
            return Err(ApiError::too_large(message));
        }
        bytes.extend_from_slice(&block);
    }
    String::from_utf8(bytes).map_err(|_| ApiError::invalid(format!("field {name:?} is not UTF-8")))
}

fn too_large(settings: &Settings) -> ApiError {
    let limit = settings.api.upload_bytes_max;
    ApiError::too_large(format!(
        "the file is larger than {limit} (api.upload_bytes_max)"
    ))
    .hint("compress it with gzip, or put it under an allowed directory and name its path")
}

/// What is said when the spool directory does not take a file. A full disk is nothing that the
/// caller did, but something that the caller should know.
fn unspooled(error: &io::Error) -> ApiError {
    let full = matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
    );
    let told = format!("spooling an upload: {error}");
    if full {
        ApiError::storage_full(&told)
    } else {
        ApiError::internal(&told)
    }
}

fn twice(field: &str) -> ApiError {
    ApiError::invalid(format!("field {field:?} is there twice"))
}

/// The last part of a path as a browser of any system may send it.
fn base_name(path: &str) -> Option<String> {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_without_its_directory() {
        assert_eq!(base_name("C:\\data\\a.csv").as_deref(), Some("a.csv"));
        assert_eq!(base_name("../../a.csv").as_deref(), Some("a.csv"));
        assert_eq!(base_name("data/"), None);
    }
}
