//! Asking for a dataset: the one way there, for the API and the command line alike.

use diesel_async::AsyncConnection;
use nexus_jobs::kinds::ProcessDataset;
use nexus_jobs::{Actor, CaseId, DatasetId, JobId, LoadId};
use nexus_producer::{NewJob, Producer};
use nexus_schema::datasets::{self, Created, NewDataset, NewLoad};
use nexus_schema::{AsyncPgConnection, Error as LedgerError};

use crate::process_dataset::profile::{Profile, ProfileError};
use crate::process_dataset::profiles;
use crate::source::{Admitted, NotAdmitted, Sources};

/// Longest name of a dataset or a profile, in bytes.
pub const NAME_BYTES_MAX: usize = 200;

/// Largest profile, in bytes of TOML.
pub const PROFILE_BYTES_MAX: usize = 64 * 1024;

/// What is to be loaded, and how it is to be read.
#[derive(Clone, Debug)]
pub struct LoadRequest {
    /// The dataset that it is to be part of.
    pub into: LoadInto,
    /// The file or object.
    pub source: LoadSource,
    /// How the file says what it says.
    pub profile: ProfileChoice,
    /// Load it even if the case has the same bytes already.
    pub force: bool,
}

/// Where the bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadSource {
    /// A path or a URL on somebody's word: it must be of a directory or store of the settings.
    Named(String),
    /// The path of an upload, which this process has put into the spool itself.
    Upload(String),
}

/// Which dataset a file becomes, or becomes part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadInto {
    /// A new one.
    New {
        /// The case that it belongs to.
        case: CaseId,
        /// Its name; `None`: the file's.
        name: Option<String>,
    },
    /// One that is there, behind its rows.
    Append(DatasetId),
}

/// A profile, by its name or in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileChoice {
    /// One that comes with the product.
    Shipped(String),
    /// One of the caller's own.
    Own {
        /// What it is called.
        name: String,
        /// Its TOML.
        toml: String,
    },
}

/// What was asked for: both are there, or neither is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requested {
    /// The dataset, pending unless it was there.
    pub dataset_id: DatasetId,
    /// The load, pending.
    pub load_id: LoadId,
    /// The job that will load it.
    pub job_id: JobId,
}

/// Why a load cannot be asked for.
#[derive(Debug, thiserror::Error)]
pub enum LoadRequestError {
    /// The file or object may not be read, or cannot be.
    #[error(transparent)]
    Source(#[from] NotAdmitted),
    /// No profile of that name comes with the product.
    #[error("no profile {0:?} is shipped; there are: {known}", known = names())]
    NoSuchProfile(String),
    /// The profile has mistakes.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// A name is empty or too long, or a path or profile is of no use.
    #[error("{0}")]
    Invalid(String),
    /// The ledger: no such case or dataset, one that takes no files ([`LedgerError::Conflict`]), or
    /// Postgres is away.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl ProfileChoice {
    /// Reads what somebody wrote where a profile is wanted: TOML if it holds `=` or a line's end,
    /// the name of a shipped profile otherwise. `name` is what TOML is called; `own` by default.
    pub fn read(text: &str, name: Option<&str>) -> Self {
        if text.contains(['=', '\n']) {
            Self::Own {
                name: name.unwrap_or("own").to_owned(),
                toml: text.to_owned(),
            }
        } else {
            Self::Shipped(text.trim().to_owned())
        }
    }

    /// Its name and its TOML.
    fn resolve(&self) -> Result<(&str, &str), LoadRequestError> {
        match self {
            Self::Shipped(name) => match profiles::shipped(name) {
                Some(toml) => Ok((name, toml)),
                None => Err(LoadRequestError::NoSuchProfile(name.clone())),
            },
            Self::Own { toml, .. } if toml.len() > PROFILE_BYTES_MAX => {
                Err(LoadRequestError::Invalid(format!(
                    "the profile has {} bytes; at most {PROFILE_BYTES_MAX} are allowed",
                    toml.len()
                )))
            }
            Self::Own { name, toml } => Ok((checked("the profile's name", name)?, toml)),
        }
    }
}

/// Asks for a file to be loaded: checks the path and the profile, then writes the load's row, its
/// dataset's if that is new, and its job in one transaction.
///
/// After [`LedgerError::Unavailable`] it is open whether the transaction was committed.
pub async fn request_load(
    conn: &mut AsyncPgConnection,
    producer: &Producer,
    sources: &Sources,
    request: &LoadRequest,
    actor: &Actor,
) -> Result<Requested, LoadRequestError> {
    let prepared = prepare(sources, request).await?;
    let enqueued = conn
        .transaction::<_, LedgerError, _>(async |conn| {
            let (created, job) = prepared.write(conn, actor).await?;
            let (dataset_id, load_id) = (created.dataset, created.load);
            let enqueued = producer.enqueue_in(conn, &[job], actor).await?;
            let [job] = enqueued[..] else {
                let count = enqueued.len();
                return Err(LedgerError::Database(format!("{count} ids for one job")));
            };
            let job_id = job.id();
            datasets::attach_job(conn, load_id, job_id).await?;
            Ok(Requested {
                dataset_id,
                load_id,
                job_id,
            })
        })
        .await;
    Ok(enqueued?)
}

/// What is to be written beside the load.
#[derive(Debug)]
enum New {
    Dataset(NewDataset),
    File(DatasetId),
}

/// A load that was found in order, about to be written.
#[derive(Debug)]
pub(crate) struct Prepared {
    new: New,
    load: NewLoad,
}

impl Prepared {
    /// Writes the load's row, and its dataset's if that is new, in whatever transaction `conn` is in;
    /// returns them with the job that is to load it, and that is to be attached.
    pub(crate) async fn write(
        &self,
        conn: &mut AsyncPgConnection,
        actor: &Actor,
    ) -> Result<(Created, NewJob), LedgerError> {
        let created = match &self.new {
            New::Dataset(new) => datasets::create(conn, new, &self.load, actor).await?,
            New::File(dataset) => datasets::append(conn, *dataset, &self.load, actor).await?,
        };
        let job = NewJob::of(&ProcessDataset {
            dataset_id: created.dataset,
            load_id: created.load,
        })
        .map_err(|error| LedgerError::Invalid(error.to_string()))?;
        Ok((created, job.tenant(created.tenant)))
    }
}

/// Everything that can be said without the ledger.
pub(crate) async fn prepare(
    sources: &Sources,
    request: &LoadRequest,
) -> Result<Prepared, LoadRequestError> {
    let (profile_name, toml) = request.profile.resolve()?;
    let profile = Profile::parse(toml)?;
    let (sources, wanted) = (sources.clone(), request.source.clone());
    // A file system may be slow, or a network away.
    let admit = move || match &wanted {
        LoadSource::Named(text) => sources.admit(text),
        LoadSource::Upload(path) => sources.admit_upload(path),
    };
    let Admitted { source, name: file } = tokio::task::spawn_blocking(admit)
        .await
        .map_err(|error| LoadRequestError::Invalid(error.to_string()))??;
    let new = match &request.into {
        LoadInto::New { case, name } => New::Dataset(NewDataset {
            case: *case,
            name: match name {
                Some(name) => checked("the dataset's name", name)?,
                None => cut(&file),
            }
            .to_owned(),
        }),
        LoadInto::Append(dataset) => New::File(*dataset),
    };
    let load = NewLoad {
        type_: profile.dataset_type.as_str().to_owned(),
        source,
        profile_name: profile_name.to_owned(),
        profile: toml.to_owned(),
        forced: request.force,
    };
    Ok(Prepared { new, load })
}

/// A name, if it can stand in a row and on a screen.
fn checked<'a>(what: &str, name: &'a str) -> Result<&'a str, LoadRequestError> {
    let wrong = if name.trim().is_empty() {
        "is empty".to_owned()
    } else if name.len() > NAME_BYTES_MAX {
        format!(
            "has {} bytes; at most {NAME_BYTES_MAX} are allowed",
            name.len()
        )
    } else if name.contains(char::is_control) {
        "holds a control character".to_owned()
    } else {
        return Ok(name);
    };
    Err(LoadRequestError::Invalid(format!("{what} {wrong}")))
}

/// At most [`NAME_BYTES_MAX`], on a character's border.
fn cut(name: &str) -> &str {
    let end = name.len().min(NAME_BYTES_MAX);
    let end = (0..=end).rev().find(|&at| name.is_char_boundary(at));
    &name[..end.unwrap_or(0)]
}

fn names() -> String {
    profiles::names().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use nexus_config::Settings;

    use super::*;

    fn sources(roots: Vec<PathBuf>) -> Sources {
        let mut settings = Settings::defaults().datasets;
        settings.roots = roots;
        Sources::new(&settings)
    }

    fn request(path: &str, name: Option<&str>, profile: &str) -> LoadRequest {
        LoadRequest {
            into: LoadInto::New {
                case: CaseId(1),
                name: name.map(str::to_owned),
            },
            source: LoadSource::Named(path.to_owned()),
            profile: ProfileChoice::read(profile, Some("mine")),
            force: false,
        }
    }

    #[test]
    fn a_profile_is_told_from_a_profile_s_name() {
        assert_eq!(
            ProfileChoice::read(" generic-expenses ", None),
            ProfileChoice::Shipped("generic-expenses".into())
        );
        assert!(matches!(
            ProfileChoice::read("type = \"expenses\"", Some("mine")),
            ProfileChoice::Own { name, .. } if name == "mine"
        ));
    }

    #[tokio::test]
    async fn what_is_asked_for_is_checked_before_anything_is_written() {
        let roots = sources(Vec::new());
        let error = async |path, name, profile| {
            let request = request(path, name, profile);
            prepare(&roots, &request).await.unwrap_err().to_string()
        };
        assert!(
            error("/x", None, "nonsense")
                .await
                .contains("corporate-payments")
        );
        assert!(
            error("/x", None, "type = \"nonsense\"")
                .await
                .contains("profile cannot be read")
        );
        assert!(
            error("/x", None, "generic-expenses")
                .await
                .contains("allowed directory")
        );
    }

    #[tokio::test]
    async fn a_dataset_is_named_after_its_file_unless_it_has_a_name() {
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let roots = sources(vec![env!("CARGO_MANIFEST_DIR").into()]);
        let named = async |name| {
            let request = request(manifest, name, "corporate-payments");
            let prepared = prepare(&roots, &request).await?;
            match prepared.new {
                New::Dataset(new) => Ok::<_, LoadRequestError>((new.name, prepared.load)),
                New::File(dataset) => panic!("appends to {dataset}"),
            }
        };
        let (name, load): (String, NewLoad) = named(None).await.unwrap();
        assert_eq!((&*name, &*load.type_), ("Cargo.toml", "transactions"));
        assert_eq!(load.source, manifest);
        assert_eq!(named(Some("May")).await.unwrap().0, "May");
        assert!(named(Some(" ")).await.is_err());
        assert!(named(Some("a\0b")).await.is_err());
        assert!(named(Some(&"x".repeat(201))).await.is_err());
    }

    #[test]
    fn a_long_file_name_is_cut_between_characters() {
        assert_eq!(cut(&"ü".repeat(150)).len(), 200);
        assert_eq!(cut("a.csv"), "a.csv");
    }
}
