//! Every built-in kind with its handler: one line a kind.

use nexus_config::Settings;
use nexus_jobs::Outcome;
use nexus_jobs::kinds::{Noop, ProcessDataset};
use nexus_workers::{Context, Registry};

use crate::process_dataset::DatasetLoader;

/// The registry of the built-in kinds.
pub fn registry(settings: &Settings) -> Registry {
    Registry::new()
        .with::<Noop, _>(async |_: Noop, _: Context| Ok(Outcome::done()))
        .with::<ProcessDataset, _>(DatasetLoader::new(&settings.postgres, &settings.datasets))
}
