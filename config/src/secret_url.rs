//! URLs that hold a password.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer};
use serde::{Serialize, Serializer};

use crate::secret::{HIDDEN, refused, secret_text};

const EXPECTED: &str = "a URL such as \"scheme://user:password@host:port/name\"";

/// The URL of a server. Its `Debug`, `Display` and `Serialize` show it with `***` in place of the
/// password: `postgres://nexus_app:***@host/db`.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretUrl(String);

/// Text that is no [`SecretUrl`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {EXPECTED}")]
pub struct NotAUrl;

impl SecretUrl {
    /// The URL itself, password included, for the client that connects.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What stands before `://`.
    pub fn scheme(&self) -> &str {
        self.0.split_once("://").map_or("", |(scheme, _)| scheme)
    }

    /// The URL without its password, for people to read.
    pub fn redacted(&self) -> String {
        redact(&self.0)
    }
}

impl FromStr for SecretUrl {
    type Err = NotAUrl;

    fn from_str(text: &str) -> Result<Self, NotAUrl> {
        let (scheme, rest) = text.split_once("://").ok_or(NotAUrl)?;
        let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        if !named || rest.is_empty() || text.contains(char::is_whitespace) {
            return Err(NotAUrl);
        }
        Ok(Self(text.to_owned()))
    }
}

/// Replaces every password in a URL. Where the URL is malformed (a password with a bare `@`, `/`
/// or `?`) it hides too much rather than too little.
fn redact(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return HIDDEN.to_owned();
    };
    let (user, place) = match rest.rsplit_once('@') {
        None => (String::new(), rest),
        Some((login, place)) => match login.split_once(':') {
            None => (format!("{login}@"), place),
            Some((user, _)) => (format!("{user}:{HIDDEN}@"), place),
        },
    };
    let place = match place.split_once('?') {
        None => place.to_owned(),
        Some((path, query)) => {
            let query: Vec<String> = query.split('&').map(redact_parameter).collect();
            format!("{path}?{}", query.join("&"))
        }
    };
    format!("{scheme}://{user}{place}")
}

/// Hides the value of a query parameter that can hold a secret: libpq and Redis both take
/// passwords there. A name with an escape in it may spell any of them.
fn redact_parameter(parameter: &str) -> String {
    let Some((name, _)) = parameter.split_once('=') else {
        return parameter.to_owned();
    };
    let lower = name.to_ascii_lowercase();
    if ["pass", "secret", "token", "%"]
        .iter()
        .any(|sign| lower.contains(sign))
    {
        format!("{name}={HIDDEN}")
    } else {
        parameter.to_owned()
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}

impl Serialize for SecretUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SecretUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        secret_text(deserializer, EXPECTED)?
            .parse()
            .map_err(|NotAUrl| refused(EXPECTED))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(url: &str) -> String {
        url.parse::<SecretUrl>().unwrap().to_string()
    }

    #[test]
    fn the_password_alone_is_replaced() {
        for (url, expected) in [
            (
                "postgres://nexus_app:hunter2@host/db",
                "postgres://nexus_app:***@host/db",
            ),
            (
                "postgres://nexus_app@host:5432/db",
                "postgres://nexus_app@host:5432/db",
            ),
            ("redis://127.0.0.1:6379", "redis://127.0.0.1:6379"),
            ("redis://:hunter2@host/0", "redis://:***@host/0"),
            ("redis://:hun@ter2@host/0", "redis://:***@host/0"),
            ("postgres://u:h/un?ter2@host/db", "postgres://u:***@host/db"),
            (
                "postgres:///db?user=u&password=hunter2",
                "postgres:///db?user=u&password=***",
            ),
            (
                "postgres:///db?pa%73sword=hunter2",
                "postgres:///db?pa%73sword=***",
            ),
            (
                "unix:///run/redis.sock?pass=hunter2&db=1",
                "unix:///run/redis.sock?pass=***&db=1",
            ),
        ] {
            assert_eq!(shown(url), expected);
        }
    }

    #[test]
    fn what_is_no_url_is_refused_without_repeating_it() {
        for text in [
            "",
            "hunter2",
            "://hunter2",
            "redis://",
            "1x://h",
            "redis://h /0",
        ] {
            let error = SecretUrl::deserialize(toml::Value::from(text)).unwrap_err();
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_password_is_shown(password in "[!-~]{1,30}") {
            // Marked at both ends, so that a part that comes through is recognised.
            let url: SecretUrl = format!("redis://u:«{password}»@host/0").parse().unwrap();
            prop_assert_eq!(format!("{url} {url:?}"), "redis://u:***@host/0 redis://u:***@host/0");
        }
    }
}
