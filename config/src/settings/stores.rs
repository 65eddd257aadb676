//! `[datasets.stores.NAME]`: where files may be loaded from besides directories.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::de::{self, Deserializer, MapAccess};
use serde::{Deserialize, Serialize, Serializer};
use toml::Value;

use crate::checks::Checks;
use crate::object_url::{NotAnObjectUrl, ObjectPrefix, StoreScheme, percent_decoded};
use crate::secret::{Secret, refused};

const KEY: &str = "datasets.stores";
const EXPECTED_URL: &str = "a URL such as \"s3://bucket/folder/\" or \"file:///directory/\"";
const EXPECTED: &str = "a table of stores, such as { evidence = { url = \"s3://bucket/\" } }";

/// A store that files may be loaded from.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// Only URLs that begin so may be loaded.
    pub url: StoreUrl,
    /// Where the store answers, as `https://host:port`. Empty: the provider's own place.
    #[serde(default)]
    pub endpoint: String,
    /// The region that requests are signed for. Empty: `us-east-1`.
    #[serde(default)]
    pub region: String,
    /// The key's id; for `az://` the account's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<Secret>,
    /// The key; for `gs://` the service account's key file, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_access_key: Option<Secret>,
    /// Whether requests are not signed.
    #[serde(default)]
    pub anonymous: bool,
    /// Whether the endpoint may lead to an address that is not a public one.
    #[serde(default)]
    pub private: bool,
    /// Whether the endpoint may be asked without encryption.
    #[serde(default)]
    pub allow_http: bool,
}

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
        let text = crate::secret::secret_text(deserializer, EXPECTED_URL)?;
        text.parse().map_err(|error: NotAStoreUrl| {
            de::Error::custom(format_args!(
                "a url that is refused: {error}, expected {EXPECTED_URL}"
            ))
        })
    }
}

/// Reads the table of stores. What is no table is not repeated in the error: it may hold keys.
pub(super) fn stores<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Store>, D::Error> {
    struct Visitor;

    impl<'de> de::Visitor<'de> for Visitor {
        type Value = BTreeMap<String, Store>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(EXPECTED)
        }

        fn visit_str<E: de::Error>(self, _: &str) -> Result<Self::Value, E> {
            Err(refused(EXPECTED))
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut stores = BTreeMap::new();
            while let Some((name, store)) = map.next_entry::<String, Value>()? {
                if !store.is_table() {
                    return Err(refused(EXPECTED));
                }
                let store = store.try_into::<Store>().map_err(de::Error::custom)?;
                stores.insert(name, store);
            }
            Ok(stores)
        }
    }

    deserializer.deserialize_any(Visitor)
}

impl Store {
    pub(super) fn check(&self, name: &str, checks: &mut Checks) {
        let mut require = |holds, wrong: &str, expected: &str| {
            checks.require(holds, &[KEY], format_args!("{name}: {wrong}"), expected);
        };
        let named = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        require(
            !name.is_empty() && name.chars().all(named),
            "that is no name of a store",
            "names of lower-case letters, digits, - and _",
        );
        let keys = (
            self.access_key_id.is_some(),
            self.secret_access_key.is_some(),
        );
        let StoreUrl::Objects(prefix) = &self.url else {
            require(
                keys == (false, false) && self.endpoint.is_empty() && !self.anonymous,
                "a directory has neither endpoint nor keys",
                "a url and nothing else",
            );
            return;
        };
        // The key file of a service account holds its id.
        let is_google = prefix.scheme() == StoreScheme::Gs;
        if self.anonymous {
            require(
                keys == (false, false),
                "it is anonymous and has a key",
                "one of the two",
            );
        } else {
            require(
                keys.1 && (keys.0 || is_google),
                "it lacks a key",
                "access_key_id and secret_access_key, or anonymous = true",
            );
        }
        let (host, encrypted) = match self.endpoint.split_once("://") {
            Some(("https", host)) => (host, true),
            Some(("http", host)) => (host, false),
            _ => ("", true),
        };
        let host = host.strip_suffix('/').unwrap_or(host);
        require(
            self.endpoint.is_empty() || !host.is_empty() && !host.contains(is_not_of_a_host),
            "its endpoint is no place of a store",
            "an endpoint such as \"https://host:9000\", or \"\" for the provider's own",
        );
        require(
            encrypted || self.allow_http,
            "its endpoint is not encrypted",
            "https://, or allow_http = true",
        );
    }
}

fn is_not_of_a_host(c: char) -> bool {
    !(c.is_ascii_alphanumeric() || "-._:[]".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Result<String, String> {
        let url = text.parse::<StoreUrl>();
        url.map(|url| url.to_string())
            .map_err(|error| error.to_string())
    }

    /// What is wrong with a store of these settings.
    fn wrong(settings: &str) -> Vec<String> {
        let store: Store = toml::from_str(settings).unwrap();
        let mut checks = Checks::default();
        store.check("evidence", &mut checks);
        checks
            .findings
            .into_iter()
            .map(|finding| finding.wrong)
            .collect()
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

    #[test]
    fn a_store_has_keys_or_is_anonymous() {
        let none: [String; 0] = [];
        let keys = "access_key_id = 'a'\nsecret_access_key = 'b'";
        assert_eq!(wrong(&format!("url = 's3://abc/'\n{keys}")), none);
        assert_eq!(wrong("url = 's3://abc/'\nanonymous = true"), none);
        assert_eq!(wrong("url = 'file:///srv/'"), none);
        assert_eq!(wrong("url = 's3://abc/'"), ["evidence: it lacks a key"]);
        assert_eq!(
            wrong("url = 's3://abc/'\naccess_key_id = 'a'"),
            ["evidence: it lacks a key"]
        );
        assert_eq!(
            wrong(&format!("url = 's3://abc/'\nanonymous = true\n{keys}")),
            ["evidence: it is anonymous and has a key"]
        );
        assert_eq!(
            wrong(&format!("url = 'file:///srv/'\n{keys}")),
            ["evidence: a directory has neither endpoint nor keys"]
        );
    }

    #[test]
    fn an_endpoint_is_a_host_and_encrypted() {
        let of = |endpoint: &str, more: &str| {
            let text =
                format!("url = 's3://abc/'\nanonymous = true\nendpoint = '{endpoint}'\n{more}");
            wrong(&text)
        };
        let none: [String; 0] = [];
        for right in [
            "https://minio:9000",
            "https://minio/",
            "https://[::1]:1",
            "",
        ] {
            assert_eq!(of(right, ""), none, "{right}");
        }
        for bad in [
            "minio:9000",
            "ftp://minio",
            "https://",
            "https://u:p@h",
            "https://h/path",
        ] {
            assert_eq!(
                of(bad, ""),
                ["evidence: its endpoint is no place of a store"],
                "{bad}"
            );
        }
        assert_eq!(of("http://h", "").len(), 1);
        assert_eq!(of("http://h", "allow_http = true"), none);
    }

    #[test]
    fn an_error_repeats_neither_key_nor_url() {
        for text in [
            "url = 's3://u:hunter2@abc/'",
            "url = ['hunter2']",
            "url = 's3://abc/'\nsecret_access_key = ['hunter2']",
        ] {
            let error = toml::from_str::<Store>(text).unwrap_err();
            assert!(!error.message().contains("hunter2"), "{error}");
        }
    }
}
