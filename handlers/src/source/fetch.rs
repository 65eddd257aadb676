//! Fetching an object into a file of its own, once and whole.
//!
//! By requests for a range each, so that a cut connection costs what it had not brought yet. Every
//! range must be of the object that the first answer told of, by its `ETag`.

use std::fs::File;
use std::io::Seek as _;
use std::path::Path as FilePath;
use std::time::Duration;

use futures_util::StreamExt as _;
use nexus_config::Datasets;
use nexus_schema::retrying::backoff;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore};
use tokio::io::AsyncWriteExt as _;

use super::OpenError;
use super::fault::{Asked, Fault};

/// Bytes asked for in one request: many enough that the request itself costs nothing, few enough
/// that a store's own limit on a request's time is not met.
const PART_BYTES: u64 = 64 * 1024 * 1024;

/// The bounds of a fetch.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    bytes_max: u64,
    part_bytes: u64,
    timeout: Duration,
    attempts: u32,
    retry_base: Duration,
    retry_cap: Duration,
}

/// One fetch under way.
pub(super) struct Fetch<'a> {
    store: &'a dyn ObjectStore,
    path: Path,
    asked: Asked,
    bounds: Bounds,
    file: tokio::fs::File,
    /// What the first answer told; later ones must tell the same.
    first: Option<Version>,
    /// Bytes that are in the file.
    at: u64,
}

/// One state of an object, told from later ones.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Version {
    e_tag: String,
    size: u64,
}

impl Bounds {
    pub(super) fn of(settings: &Datasets) -> Self {
        Self {
            bytes_max: settings.fetch_bytes_max.get(),
            part_bytes: PART_BYTES,
            timeout: settings.fetch_timeout.get(),
            attempts: settings.fetch_attempts,
            retry_base: settings.fetch_retry_base.get(),
            retry_cap: settings.fetch_retry_cap.get(),
        }
    }
}

impl<'a> Fetch<'a> {
    /// A fetch into `file`, which is empty.
    pub(super) fn new(
        store: &'a dyn ObjectStore,
        key: &str,
        asked: Asked,
        bounds: Bounds,
        file: File,
    ) -> Result<Self, OpenError> {
        let path = Path::parse(key)
            .map_err(|error| OpenError::AtFault(format!("{}: {error}", asked.url)))?;
        Ok(Self {
            store,
            path,
            asked,
            bounds,
            file: tokio::fs::File::from_std(file),
            first: None,
            at: 0,
        })
    }

    /// Fetches to the end; the file is at its beginning then. `spool` is where the file lies.
    pub(super) async fn run(mut self, spool: &FilePath) -> Result<File, OpenError> {
        let mut fruitless = 0;
        loop {
            let before = (self.first.is_some(), self.at);
            match self.step().await {
                Ok(false) => {}
                Ok(true) => break,
                Err(Fault::Lasting(text)) => return Err(OpenError::AtFault(text)),
                Err(Fault::Spool(error)) => return Err(spool_error(spool, &error)),
                Err(Fault::Passing(error)) => {
                    let stood_still = before == (self.first.is_some(), self.at);
                    fruitless = if stood_still { fruitless + 1 } else { 1 };
                    if fruitless >= self.bounds.attempts {
                        return Err(OpenError::Passing(error));
                    }
                    self.pause(fruitless, &error).await;
                }
            }
        }
        let mut file = self.file.into_std().await;
        file.rewind().map_err(|error| spool_error(spool, &error))?;
        Ok(file)
    }

    async fn pause(&self, fruitless: u32, error: &anyhow::Error) {
        let Bounds {
            retry_base,
            retry_cap,
            ..
        } = self.bounds;
        let wait = backoff(retry_base, retry_cap, fruitless, rand::random());
        tracing::debug!(%error, fruitless, at = self.at, ?wait, "fetching again");
        tokio::time::sleep(wait).await;
    }

    /// One request. `true` once the whole object is in the file.
    async fn step(&mut self) -> Result<bool, Fault> {
        let version = match self.first.clone() {
            Some(version) => version,
            None => self.look().await?,
        };
        if self.at < version.size {
            self.fetch_part(&version).await?;
        }
        if self.at < version.size {
            return Ok(false);
        }
        self.file.flush().await.map_err(Fault::Spool)?;
        Ok(true)
    }

    /// Asks what the object is.
    async fn look(&mut self) -> Result<Version, Fault> {
        let options = GetOptions {
            head: true,
            ..GetOptions::default()
        };
        let about = self
            .answer(self.store.get_opts(&self.path, options))
            .await?;
        let version = self.version(&about.meta)?;
        let (size, most) = (version.size, self.bounds.bytes_max);
        if size > most {
            return Err(Fault::Lasting(format!(
                "{} has {size} bytes; at most {most} are fetched (datasets.fetch_bytes_max)",
                self.asked.url
            )));
        }
        self.first = Some(version.clone());
        Ok(version)
    }

    /// Fetches the next range into the file, or as much of it as comes.
    async fn fetch_part(&mut self, version: &Version) -> Result<(), Fault> {
        let end = version
            .size
            .min(self.at.saturating_add(self.bounds.part_bytes));
        let options = GetOptions {
            range: Some(GetRange::Bounded(self.at..end)),
            if_match: Some(version.e_tag.clone()),
            ..GetOptions::default()
        };
        let answer = self
            .answer(self.store.get_opts(&self.path, options))
            .await?;
        // A store that does not know If-Match sends what it has.
        if self.version(&answer.meta)? != *version {
            return Err(self.asked.changed());
        }
        let mut bytes = answer.into_stream();
        while self.at < end {
            let next = self.waited(bytes.next()).await?;
            let next = next.ok_or_else(|| self.cut())?;
            let next = next.map_err(|error| self.asked.judge(&error))?;
            let count = next.len() as u64;
            if count > end - self.at {
                return Err(self.cut());
            }
            self.file.write_all(&next).await.map_err(Fault::Spool)?;
            self.at += count;
        }
        Ok(())
    }

    fn version(&self, about: &ObjectMeta) -> Result<Version, Fault> {
        let (e_tag, size) = (about.e_tag.clone(), about.size);
        let e_tag = e_tag.filter(|tag| !tag.is_empty()).ok_or_else(|| {
            Fault::Lasting(format!(
                "{}: the store gives it no ETag, so that a change of it could not be noticed",
                self.asked.url
            ))
        })?;
        Ok(Version { e_tag, size })
    }

    fn cut(&self) -> Fault {
        let Self { asked, at, .. } = self;
        Fault::Passing(anyhow::anyhow!("{}: cut after {at} bytes", asked.url))
    }

    async fn answer<T>(
        &self,
        asking: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, Fault> {
        let answer = self.waited(asking).await?;
        answer.map_err(|error| self.asked.judge(&error))
    }

    async fn waited<T>(&self, waiting: impl Future<Output = T>) -> Result<T, Fault> {
        let timeout = self.bounds.timeout;
        tokio::time::timeout(timeout, waiting).await.map_err(|_| {
            Fault::Passing(anyhow::anyhow!(
                "{}: the store sent nothing for {} (datasets.fetch_timeout)",
                self.asked.url,
                nexus_config::Span::new(timeout)
            ))
        })
    }
}

/// What is said when a copy cannot be written.
pub(super) fn spool_error(spool: &FilePath, error: &std::io::Error) -> OpenError {
    OpenError::Passing(anyhow::anyhow!(
        "the object cannot be copied to datasets.spool ({}): {error}",
        spool.display()
    ))
}

#[cfg(test)]
mod tests;
