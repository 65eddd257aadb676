//! What few jobs are told beside the plain options.

use clap::Args;
use nexus_config::Span;
use nexus_jobs::{Backoff, NewJob, OnConflict, State, Unique};

use crate::arguments::moment::Moment;
use crate::exit::{Exit, Failure};

/// Uniqueness, order, limits and a deadline.
#[derive(Debug, Args)]
pub(super) struct OptionArgs {
    /// Only if no unfinished job of its kind and tenant has the same arguments
    #[arg(long, help_heading = "Unique jobs")]
    unique: bool,
    /// The same, but comparing only these fields of the arguments
    #[arg(
        long,
        value_name = "FIELD,...",
        value_delimiter = ',',
        help_heading = "Unique jobs"
    )]
    unique_by: Vec<String>,
    /// For so long, also after the job has completed, instead of until it ends
    #[arg(long, value_name = "DURATION", help_heading = "Unique jobs")]
    unique_for: Option<Span>,
    /// Against jobs in these states
    #[arg(
        long,
        value_name = "STATE,...",
        value_delimiter = ',',
        help_heading = "Unique jobs"
    )]
    unique_state: Vec<State>,
    /// What is done if there is such a job: existing (nothing), replace (it takes over the
    /// arguments), debounce (and the due time), reject (an error)
    #[arg(long, value_name = "WHAT", help_heading = "Unique jobs")]
    on_conflict: Option<OnConflict>,
    /// Discarded unless it has started after this long
    #[arg(long, value_name = "DURATION", conflicts_with = "expires_at")]
    expires_in: Option<Span>,
    /// Discarded unless it has started by this time
    #[arg(long, value_name = "TIME")]
    expires_at: Option<Moment>,
    /// After the jobs of its tenant that have this key and were enqueued before
    #[arg(long, value_name = "KEY")]
    order_key: Option<String>,
    /// Counted under this key by limits per key
    #[arg(long, value_name = "KEY")]
    limit_key: Option<String>,
    /// How it waits between attempts, as JSON
    #[arg(long, value_name = "JSON", value_parser = backoff)]
    backoff: Option<Backoff>,
}

fn backoff(text: &str) -> Result<Backoff, String> {
    let backoff: Backoff = serde_json::from_str(text).map_err(|error| error.to_string())?;
    backoff.check().map_err(|wrong| wrong.to_string())?;
    Ok(backoff)
}

impl OptionArgs {
    /// The same job with these options.
    pub(super) fn on(&self, mut job: NewJob) -> anyhow::Result<NewJob> {
        job.unique = self.unique()?;
        job.order_key.clone_from(&self.order_key);
        job.limit_key.clone_from(&self.limit_key);
        job.backoff.clone_from(&self.backoff);
        Ok(match (self.expires_in, self.expires_at) {
            (Some(wait), _) => job.expires_in(wait.get()),
            (None, Some(time)) => job.expires_at(time.0),
            (None, None) => job,
        })
    }

    fn unique(&self) -> anyhow::Result<Option<Unique>> {
        let asked = self.unique || !self.unique_by.is_empty();
        let detailed = self.unique_for.is_some()
            || !self.unique_state.is_empty()
            || self.on_conflict.is_some();
        if !asked && !detailed {
            return Ok(None);
        }
        if !asked {
            let wrong =
                "--unique-for, --unique-state and --on-conflict need --unique or --unique-by";
            return Err(Failure::new(Exit::Usage, wrong).into());
        }
        let unique = Unique {
            by: self.unique_by.clone(),
            key: None,
            window: self.unique_for.map(Span::get),
            states: (!self.unique_state.is_empty()).then(|| self.unique_state.clone()),
            on_conflict: self.on_conflict.unwrap_or_default(),
        };
        unique
            .check()
            .map_err(|wrong| Failure::new(Exit::Usage, wrong))?;
        Ok(Some(unique))
    }
}
