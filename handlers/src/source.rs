//! Where a file may come from: a directory or a store of the settings, and nowhere else.
//!
//! | idea | file |
//! |---|---|
//! | what may be loaded on somebody's word | [`admission`] |
//! | opening the file that was admitted, and no other | [`local`] |
//! | fetching an object, whole and of one version | [`fetch`], [`fault`] |
//! | a client for a store, and the addresses that it may reach | [`objects`], [`connector`], [`addresses`] |

mod addresses;
mod admission;
mod connector;
mod fault;
mod fetch;
mod local;
mod objects;

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use nexus_config::{Datasets, NotAdmittedReason, ObjectUrl, StoreUrl};

pub use self::admission::{Admitted, NotAdmitted, UrlRefused};
use self::admission::{AllowList, Asker, Place};
use self::fault::Asked;
use self::fetch::{Bounds, Fetch, spool_error};
use self::local::open_admitted;

/// The places that the settings allow files to be loaded from. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sources {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    allowed: AllowList,
    settings: Datasets,
}

/// A file, open for reading at its beginning.
#[derive(Debug)]
pub struct Opened {
    /// The file. Of an object, a copy of its own without a name, gone when it is closed.
    pub file: File,
    /// Whether it is such a copy.
    pub fetched: bool,
}

/// Why a file is not opened.
#[derive(Debug)]
pub enum OpenError {
    /// Another attempt would find the same.
    AtFault(String),
    /// Another attempt may find it better.
    Passing(anyhow::Error),
}

impl Sources {
    /// The places of these settings.
    pub fn new(settings: &Datasets) -> Self {
        let inner = Inner {
            allowed: AllowList::new(settings),
            settings: settings.clone(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Whether `text`, a path or a URL that somebody gave, may be loaded. Looks at the file system
    /// for paths, so it may block; no store is asked.
    pub fn admit(&self, text: &str) -> Result<Admitted, NotAdmitted> {
        self.inner.allowed.place(text, Asker::Outside)?.try_into()
    }

    /// The same for the path of an upload, which lies in `datasets.spool`.
    pub fn admit_upload(&self, path: &str) -> Result<Admitted, NotAdmitted> {
        self.inner.allowed.place(path, Asker::Ourselves)?.try_into()
    }

    /// Opens what was admitted, if it is allowed now as well. An object is fetched first.
    ///
    /// Dropping the future ends the fetch and leaves nothing behind, as does the process's end.
    pub async fn open(&self, source: &str) -> Result<Opened, OpenError> {
        match self.place(source).await? {
            Place::File(path) => {
                let file = blocking(move || open_admitted(&path)).await?;
                Ok(Opened {
                    file,
                    fetched: false,
                })
            }
            Place::Object { url, store } => {
                let file = self.fetch(&url, &store).await?;
                Ok(Opened {
                    file,
                    fetched: true,
                })
            }
        }
    }

    /// Removes an upload that no load will read again; whatever is no upload stays. Best effort: one
    /// that stays takes room, and is read by nobody.
    pub async fn remove_upload(&self, source: &str) {
        let (inner, path) = (Arc::clone(&self.inner), PathBuf::from(source));
        let removed = blocking(move || {
            let spool = std::fs::canonicalize(&inner.settings.spool);
            match spool {
                Ok(spool) if path.parent() == Some(&spool) => {
                    std::fs::remove_file(&path).map_err(|error| OpenError::Passing(error.into()))
                }
                _ => Ok(()),
            }
        });
        if let Err(OpenError::Passing(error)) = removed.await {
            tracing::warn!(source, %error, "an upload that was read to its end stays in the spool");
        }
    }

    async fn place(&self, source: &str) -> Result<Place, OpenError> {
        let (inner, source) = (Arc::clone(&self.inner), source.to_owned());
        blocking(move || {
            let place = inner.allowed.place(&source, Asker::Ourselves);
            place.map_err(|error| match error {
                NotAdmitted::Path(path) if unreadable(&path.reason) => {
                    OpenError::Passing(path.into())
                }
                other => OpenError::AtFault(other.to_string()),
            })
        })
        .await
    }

    async fn fetch(&self, url: &ObjectUrl, name: &str) -> Result<File, OpenError> {
        let settings = &self.inner.settings;
        let store = settings.stores.get(name);
        let Some((store, StoreUrl::Objects(prefix))) = store.map(|store| (store, &store.url))
        else {
            return Err(OpenError::AtFault(format!("{url}: no store covers it")));
        };
        let client = objects::client(store, prefix).map_err(OpenError::Passing)?;
        let asked = Asked {
            url: url.to_string(),
            store: name.to_owned(),
        };
        let file = self.spooled().await?;
        let fetch = Fetch::new(&*client, url.key(), asked, Bounds::of(settings), file)?;
        fetch.run(&settings.spool).await
    }

    /// An empty file without a name in the spool.
    async fn spooled(&self) -> Result<File, OpenError> {
        let spool: PathBuf = self.inner.settings.spool.clone();
        blocking(move || {
            std::fs::create_dir_all(&spool)
                .and_then(|()| tempfile::tempfile_in(&spool))
                .map_err(|error| spool_error(&spool, &error))
        })
        .await
    }
}

fn unreadable(reason: &NotAdmittedReason) -> bool {
    matches!(reason, NotAdmittedReason::Unreadable(_))
}

/// File systems may be slow, or a network away.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, OpenError> + Send + 'static,
) -> Result<T, OpenError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(OpenError::Passing(error.into())))
}
