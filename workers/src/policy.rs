//! How long an attempt may take and how long a job waits for the next: the job's own
//! word, or the settings' for its kind, or the kind's, or the default.

use std::borrow::Cow;
use std::time::Duration;

use nexus_config::Retry;
use nexus_jobs::{Backoff, JobId};

use crate::engine::Engine;
use crate::registry::Known;

impl Engine {
    /// How long one attempt may take.
    pub(crate) fn timeout(&self, known: Option<&Known>, own_ms: Option<i64>) -> Duration {
        let own = own_ms.and_then(|ms| u64::try_from(ms).ok());
        own.map(Duration::from_millis)
            .or_else(|| known?.timeout)
            .unwrap_or_else(|| self.settings.timeout_default.get())
    }

    /// How a job waits between its attempts. `own` is what it was told itself, as JSON.
    pub(crate) fn backoff(
        &self,
        job: JobId,
        known: Option<&Known>,
        own: Option<&str>,
    ) -> Cow<'_, Backoff> {
        if let Some(own) = own {
            match read(own) {
                Ok(backoff) => return Cow::Owned(backoff),
                // Not worth the job: it waits as its kind does.
                Err(error) => tracing::warn!(%job, %error, "the job's own backoff is not used"),
            }
        }
        match known.and_then(|known| known.backoff.clone()) {
            Some(backoff) => Cow::Owned(backoff),
            None => Cow::Borrowed(&self.backoff),
        }
    }
}

fn read(own: &str) -> anyhow::Result<Backoff> {
    let backoff: Backoff = serde_json::from_str(own)?;
    backoff.check()?;
    Ok(backoff)
}

/// The configured backoff, for jobs whose kind has none of its own.
pub(crate) fn default_backoff(retry: &Retry) -> Backoff {
    configured(&retry.backoff())
}

/// A backoff of the settings as one of jobs.
pub(crate) fn configured(backoff: &nexus_config::Backoff) -> Backoff {
    use nexus_config::Backoff as Set;
    match backoff {
        Set::Fixed { wait } => Backoff::Fixed { wait: wait.get() },
        Set::Linear { base, cap } => Backoff::Linear {
            base: base.get(),
            cap: cap.get(),
        },
        Set::Exponential { base, cap } => Backoff::Exponential {
            base: base.get(),
            cap: cap.get(),
        },
        Set::List { waits } => Backoff::List {
            waits: waits.iter().map(|wait| wait.get()).collect(),
        },
    }
}
