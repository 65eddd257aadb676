//! `[datasets.stores.NAME]`: where files may be loaded from besides directories.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserializer, MapAccess};
use serde::{Deserialize, Serialize};
use toml::Value;

use crate::checks::Checks;
use crate::object_url::StoreScheme;
use crate::secret::{Secret, refused};
use crate::store_url::StoreUrl;

const KEY: &str = "datasets.stores";
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
    fn a_store_has_keys_or_is_anonymous() {
        let none: [String; 0] = [];
        let keys = "access_key_id = 'a'\nsecret_access_key = 'b'";
        assert_eq!(wrong(&format!("url = 's3://abc/'\n{keys}")), none);
        assert_eq!(wrong("url = 's3://abc/'\nanonymous = true"), none);
        assert_eq!(wrong("url = 'file:///srv/'"), none);
        assert_eq!(wrong("url = 'gs://abc/'\nsecret_access_key = '{}'"), none);
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
