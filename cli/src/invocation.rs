//! One run of `nexus`: its settings and its output.

use std::path::PathBuf;

use nexus_config::{LoadFrom, Loaded, Mistakes, Origin, Settings, process_env};
use nexus_producer::Producer;
use nexus_schema::{AsyncPgConnection, Keep, Pool, retrying};

use crate::output::Output;

/// What commands that end soon log unless told otherwise: their result says the rest.
const QUIET: &str = "warn";

/// What a command works with.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) settings: Settings,
    pub(crate) output: Output,
}

/// What an invocation starts from.
#[derive(Debug)]
pub(crate) struct Start {
    /// The settings file that was named.
    pub(crate) file: Option<PathBuf>,
    pub(crate) output: Output,
    /// Whether the log is what people read of the command.
    pub(crate) logs: bool,
}

impl Start {
    /// Loads the settings.
    pub(crate) fn load(&self) -> Result<Loaded, Mistakes> {
        self.load_with(Vec::new())
    }

    /// Loads the settings with variables that go before those of the environment.
    pub(crate) fn load_with(&self, env: Vec<(String, String)>) -> Result<Loaded, Mistakes> {
        Settings::load(LoadFrom {
            file: self.file.clone(),
            env: process_env().into_iter().chain(env),
        })
    }

    /// Loads the settings and starts the log.
    pub(crate) fn invocation(&self) -> anyhow::Result<Invocation> {
        self.invocation_of(self.load()?)
    }

    /// Starts the log by settings that are loaded.
    pub(crate) fn invocation_of(&self, loaded: Loaded) -> anyhow::Result<Invocation> {
        let mut settings = loaded.settings;
        let filter_is_default = loaded
            .shown
            .iter()
            .any(|shown| shown.key == "log.filter" && shown.origin == Origin::Default);
        if filter_is_default && !self.logs {
            QUIET.clone_into(&mut settings.log.filter);
        }
        nexus_config::telemetry::start(&settings.log)?;
        Ok(Invocation {
            settings,
            output: self.output,
        })
    }
}

impl Invocation {
    /// Connections of which none is kept: for a command that ends soon.
    pub(crate) fn pool(&self) -> Pool {
        Pool::new(&self.settings.postgres, Keep::None)
    }

    /// A connection of its own. Unlike one of a pool, it says at once why there is none.
    pub(crate) async fn connect(&self) -> nexus_schema::Result<AsyncPgConnection> {
        let pool = self.pool();
        retrying(&self.settings.postgres, async || pool.connect().await).await
    }

    /// An enqueue client.
    pub(crate) fn producer(&self) -> Producer {
        Producer::new(self.pool(), &self.settings)
    }
}
