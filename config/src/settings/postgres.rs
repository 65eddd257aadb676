//! `[postgres]`

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::checks::Checks;
use crate::secret_url::SecretUrl;
use crate::span::Span;

/// Postgres counts a statement's timeout in milliseconds, in 32 bits with a sign.
const STATEMENT_TIMEOUT_MAX: Span = Span::new(Duration::from_millis(i32::MAX as u64));

/// The ledger: the database that decides.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Postgres {
    /// The role that migrates and owns the tables.
    pub owner_url: SecretUrl,
    /// The role that makes leaf partitions and copies rows into them.
    pub loader_url: SecretUrl,
    /// The role that everything else runs as.
    pub app_url: SecretUrl,
    /// Connections that a process keeps.
    pub pool_size: u32,
    /// Connections beyond `pool_size` that a process may open under load.
    pub pool_overflow: u32,
    /// Longest wait for a free connection.
    pub pool_wait: Span,
    /// Age at which a connection is replaced.
    pub pool_recycle: Span,
    /// Longest wait for a new connection to be made.
    pub connect_timeout: Span,
    /// Longest run of one SQL statement.
    pub statement_timeout: Span,
    /// Longest pause between two statements of one transaction.
    pub transaction_idle_timeout: Span,
    /// First pause of the backoff after a connection error.
    pub retry_base: Span,
    /// Longest pause of that backoff.
    pub retry_cap: Span,
    /// Tries after a connection error before a call gives up.
    pub retry_attempts: u32,
    /// Connections of the loading role that a process keeps for COPY.
    pub loader_connections: u32,
}

impl Postgres {
    pub(super) fn check(&self, checks: &mut Checks) {
        const SCHEMES: [&str; 2] = ["postgres", "postgresql"];
        checks.scheme("postgres.owner_url", &self.owner_url, &SCHEMES);
        checks.scheme("postgres.loader_url", &self.loader_url, &SCHEMES);
        checks.scheme("postgres.app_url", &self.app_url, &SCHEMES);
        checks.at_least("postgres.pool_size", self.pool_size, 1);
        checks.lasting("postgres.pool_wait", self.pool_wait);
        checks.lasting("postgres.pool_recycle", self.pool_recycle);
        checks.lasting("postgres.connect_timeout", self.connect_timeout);
        for (name, timeout) in [
            ("postgres.statement_timeout", self.statement_timeout),
            (
                "postgres.transaction_idle_timeout",
                self.transaction_idle_timeout,
            ),
        ] {
            checks.require(
                timeout.get() >= Duration::from_millis(1) && timeout <= STATEMENT_TIMEOUT_MAX,
                &[name],
                format_args!("{timeout} is out of range"),
                "1ms to 24days, which Postgres can count",
            );
        }
        checks.lasting("postgres.retry_base", self.retry_base);
        checks.not_above(
            ("postgres.retry_base", self.retry_base),
            ("postgres.retry_cap", self.retry_cap),
        );
        checks.at_least("postgres.loader_connections", self.loader_connections, 1);
    }
}
