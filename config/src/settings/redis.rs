//! `[redis]`

use serde::{Deserialize, Serialize};

use crate::checks::Checks;
use crate::secret_url::SecretUrl;
use crate::span::Span;

/// The broker that carries ids from the ledger to the workers.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Redis {
    /// The server.
    pub url: SecretUrl,
    /// First part of every key.
    pub prefix: String,
    /// Longest wait for a new connection to be made.
    pub connect_timeout: Span,
    /// Longest wait for the answer to a command.
    pub response_timeout: Span,
    /// First pause of the backoff after a connection error.
    pub retry_base: Span,
    /// Longest pause of that backoff.
    pub retry_cap: Span,
}

impl Redis {
    pub(super) fn check(&self, checks: &mut Checks) {
        checks.scheme("redis.url", &self.url, &["redis", "unix", "redis+unix"]);
        let unfit = |c: char| c.is_whitespace() || c.is_control() || c == '{' || c == '}';
        checks.require(
            !self.prefix.is_empty() && !self.prefix.contains(unfit),
            &["redis.prefix"],
            format_args!("found {:?}", self.prefix),
            "a text that is not empty, without braces and whitespace",
        );
        checks.lasting("redis.connect_timeout", self.connect_timeout);
        checks.lasting("redis.response_timeout", self.response_timeout);
        checks.lasting("redis.retry_base", self.retry_base);
        checks.not_above(
            ("redis.retry_base", self.retry_base),
            ("redis.retry_cap", self.retry_cap),
        );
    }
}
