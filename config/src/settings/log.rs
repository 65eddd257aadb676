//! `[log]`

use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;

use crate::checks::Checks;

/// What the process tells about itself, on standard error.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// A level, or levels by module.
    pub filter: String,
    /// Form of a line.
    pub format: LogFormat,
}

/// Form of a line of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people; coloured on a terminal.
    Human,
    /// For machines: one JSON object a line.
    Json,
}

impl Log {
    pub(super) fn check(&self, checks: &mut Checks) {
        if let Err(error) = EnvFilter::try_new(&self.filter) {
            checks.require(
                false,
                &["log.filter"],
                format_args!("{:?} is no filter ({error})", self.filter),
                "a level, or levels by module such as \"info,nexus_workers=debug\"",
            );
        }
    }
}
