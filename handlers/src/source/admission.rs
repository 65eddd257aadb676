//! Which files and objects may be read on somebody's word.

use std::fmt;
use std::path::{Path, PathBuf};

use nexus_config::{
    Datasets, NotAnObjectUrl, ObjectPrefix, ObjectUrl, Roots, StoreScheme, StoreUrl, file_url_path,
};

use super::objects::is_built_in;

/// A file or an object that may be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// Where it is, in the one spelling that [`Sources::open`](super::Sources::open) takes: an
    /// absolute path without links, or a URL.
    pub source: String,
    /// Its last part, to name a dataset after.
    pub name: String,
}

/// Why something may not be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    /// A path, by [`Roots`].
    #[error(transparent)]
    Path(#[from] nexus_config::NotAdmitted),
    /// A path that a dataset's row could not hold.
    #[error("{}: a path must be UTF-8", .0.display())]
    NotUtf8(PathBuf),
    /// A URL.
    #[error("{url}: {reason}; {}", Allowed(.stores))]
    Url {
        /// As it was given, but for what may be a password.
        url: String,
        /// What is wrong with it.
        reason: UrlRefused,
        /// The URLs that it may begin with.
        stores: Vec<String>,
    },
}

/// What is wrong with a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlRefused {
    /// It is none of an object.
    #[error(transparent)]
    NotAnObject(#[from] NotAnObjectUrl),
    /// A `file://` URL of another machine.
    #[error("it is no absolute path of this machine")]
    NotAPath,
    /// No store of the settings covers it. Whether it exists is not told.
    #[error("no store covers it")]
    Unlisted,
    /// A store covers it that this program cannot speak to.
    #[error("this program is built without {}://", .0.as_str())]
    NotBuiltIn(StoreScheme),
}

/// The stores, as the end of a sentence.
struct Allowed<'a>(&'a [String]);

impl fmt::Display for Allowed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("no store is allowed (datasets.stores)"),
            stores => write!(f, "allowed (datasets.stores): {}", stores.join(", ")),
        }
    }
}

/// Where something lies that may be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A file, by its absolute path without links.
    File(PathBuf),
    /// An object, and the name of the store that covers it.
    Object { url: ObjectUrl, store: String },
}

/// What the settings allow.
#[derive(Clone, Debug)]
pub(super) struct AllowList {
    roots: Roots,
    /// With the spool, for what was uploaded.
    roots_and_spool: Roots,
    stores: Vec<(String, ObjectPrefix)>,
}

/// Whose word it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    /// Somebody outside.
    Outside,
    /// The program itself: an upload, or a dataset's row.
    Ourselves,
}

impl AllowList {
    pub(super) fn new(settings: &Datasets) -> Self {
        let mut directories = settings.roots.clone();
        let mut stores = Vec::new();
        for (name, store) in &settings.stores {
            match &store.url {
                StoreUrl::Directory(path) => directories.push(path.clone()),
                StoreUrl::Objects(prefix) => stores.push((name.clone(), prefix.clone())),
            }
        }
        let roots = Roots::new(&directories);
        directories.push(settings.spool.clone());
        Self {
            roots,
            roots_and_spool: Roots::new(&directories),
            stores,
        }
    }

    /// Where `text`, a path or a URL, leads. Looks at the file system for paths only, and at no
    /// store.
    pub(super) fn place(&self, text: &str, asker: Asker) -> Result<Place, NotAdmitted> {
        if let Some(path) = text.strip_prefix("file://") {
            let path = file_url_path(path);
            let path = path.ok_or_else(|| self.refused(text, UrlRefused::NotAPath))?;
            return self.file(&path, asker);
        }
        if !is_url(text) {
            return self.file(Path::new(text), asker);
        }
        let url = text.parse::<ObjectUrl>();
        let url = url.map_err(|error| self.refused(text, error.into()))?;
        let covering = self.stores.iter().filter(|(_, prefix)| prefix.covers(&url));
        let Some((store, _)) = covering.max_by_key(|(_, prefix)| prefix.depth()) else {
            return Err(self.refused(text, UrlRefused::Unlisted));
        };
        if !is_built_in(url.scheme()) {
            return Err(self.refused(text, UrlRefused::NotBuiltIn(url.scheme())));
        }
        let store = store.clone();
        Ok(Place::Object { url, store })
    }

    fn file(&self, path: &Path, asker: Asker) -> Result<Place, NotAdmitted> {
        let roots = match asker {
            Asker::Outside => &self.roots,
            Asker::Ourselves => &self.roots_and_spool,
        };
        Ok(Place::File(roots.admit(path)?))
    }

    fn refused(&self, text: &str, reason: UrlRefused) -> NotAdmitted {
        NotAdmitted::Url {
            url: shown(text),
            reason,
            stores: self.stores.iter().map(|(_, url)| url.to_string()).collect(),
        }
    }
}

impl TryFrom<Place> for Admitted {
    type Error = NotAdmitted;

    fn try_from(place: Place) -> Result<Self, NotAdmitted> {
        match place {
            Place::Object { url, .. } => Ok(Self {
                source: url.to_string(),
                name: url.file_name().to_owned(),
            }),
            Place::File(path) => {
                let Some(source) = path.to_str().map(str::to_owned) else {
                    return Err(NotAdmitted::NotUtf8(path));
                };
                let name = source.rsplit('/').next().unwrap_or(&source).to_owned();
                Ok(Self { source, name })
            }
        }
    }
}

/// Whether a text is meant as a URL: `scheme://`.
fn is_url(text: &str) -> bool {
    let of_a_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    text.split_once("://")
        .is_some_and(|(scheme, _)| !scheme.is_empty() && scheme.chars().all(of_a_scheme))
}

/// A URL without what may be a password: a user's part, or a query, which can be a signature.
fn shown(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let (rest, query) = match rest.split_once('?') {
        Some((rest, _)) => (rest, "?***"),
        None => (rest, ""),
    };
    let (user, place) = match rest.rsplit_once('@') {
        Some((_, place)) => ("***@", place),
        None => ("", rest),
    };
    format!("{scheme}://{user}{place}{query}")
        .escape_debug()
        .to_string()
}

#[cfg(test)]
mod tests;
