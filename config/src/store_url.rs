//! What a store covers: objects below a folder, or files below a directory.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer};
use serde::{Serialize, Serializer};

use crate::object_url::{NotAnObjectUrl, ObjectPrefix, percent_decoded};
use crate::secret::secret_text;

const EXPECTED: &str = "a URL such as \"s3://bucket/folder/\" or \"file:///directory/\"";

/// What a store covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreUrl {
    /// Objects below a folder of a bucket.
    Objects(ObjectPrefix),
    /// Files below a directory, as if it stood in `datasets.roots`.
    Directory(PathBuf),
}

/// Text that is no [`StoreUrl`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAStoreUrl {
    /// Not one of objects.
    #[error(transparent)]
    Objects(#[from] NotAnObjectUrl),
    /// A `file://` URL of another machine, or of a relative path.
    #[error("it is no absolute path of this machine")]
    Directory,
}

impl FromStr for StoreUrl {
    type Err = NotAStoreUrl;

    fn from_str(text: &str) -> Result<Self, NotAStoreUrl> {
        let Some(path) = text.strip_prefix("file://") else {
            return Ok(Self::Objects(text.parse()?));
        };
        if !path.ends_with('/') {
            return Err(NotAnObjectUrl::NoFolder.into());
        }
        match file_url_path(path) {
            Some(path) => Ok(Self::Directory(path)),
            None => Err(NotAStoreUrl::Directory),
        }
    }
}

/// The path of a `file://` URL, given what stands behind the `//`; `None` where it is not an
/// absolute path of this machine.
pub fn file_url_path(path: &str) -> Option<PathBuf> {
    let plain = path.starts_with('/') && !path.contains(['?', '#']);
    let decoded = percent_decoded(path).filter(|path| plain && !path.contains('\0'));
    decoded.map(PathBuf::from)
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Objects(prefix) => prefix.fmt(f),
            Self::Directory(path) => {
                let path = path.display().to_string();
                let path = path.replace('%', "%25").replace('?', "%3F");
                write!(f, "file://{}", path.replace('#', "%23"))
            }
        }
    }
}

impl Serialize for StoreUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StoreUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The text is not repeated: somebody may have written a password into it.
        let text = secret_text(deserializer, EXPECTED)?;
        text.parse().map_err(|error: NotAStoreUrl| {
            de::Error::custom(format_args!(
                "a url that is refused: {error}, expected {EXPECTED}"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Result<String, String> {
        let url = text.parse::<StoreUrl>();
        url.map(|url| url.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_store_covers_a_folder() {
        assert_eq!(url("s3://evidence/2010/").unwrap(), "s3://evidence/2010/");
        assert_eq!(url("file:///srv/a%20b/").unwrap(), "file:///srv/a b/");
        assert_eq!(
            url("s3://evidence/2010").unwrap_err(),
            "it does not end in /"
        );
        assert_eq!(url("file:///srv/a").unwrap_err(), "it does not end in /");
        for elsewhere in [
            "file://host/srv/",
            "file://./",
            "file:///a%00/",
            "file:///a?b/",
        ] {
            let error = url(elsewhere).unwrap_err();
            assert_eq!(
                error, "it is no absolute path of this machine",
                "{elsewhere}"
            );
        }
    }
}
