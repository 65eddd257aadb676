//! What the handlers work with.

use std::sync::Arc;

use nexus_config::Settings;
use nexus_handlers::source::Sources;
use nexus_producer::Producer;
use nexus_producer::events::PublisherStats;
use nexus_producer::ingest::IngestStats;
use nexus_producer::relay::RelayStats;
use nexus_producer::schedules::SchedulerStats;
use nexus_producer::triggers::EvaluatorStats;
use nexus_producer::workflows::AdvancerStats;
use nexus_queue::Transport;
use nexus_queue::kafka::topic::Watched;
use nexus_schema::{Pool, Pooled};

use crate::error::ApiError;
use crate::metrics::Metrics;

/// What a server is given.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Connections to the ledger.
    pub pool: Pool,
    /// The broker, to see whether it answers.
    pub transport: Arc<dyn Transport>,
    /// The counters of the relay of the same process, if it has one.
    pub relay: Option<Arc<RelayStats>>,
    /// The counters of the ingests of the same process, each under its name.
    pub ingests: Vec<(&'static str, Arc<IngestStats>)>,
    /// The counters of the scheduler of the same process, if it has one.
    pub scheduler: Option<Arc<SchedulerStats>>,
    /// The counters of the advancer of workflows of the same process, if it has one.
    pub advancer: Option<Arc<AdvancerStats>>,
    /// What of the same process reads and writes events.
    pub bus: Bus,
}

/// The counters of what reads and writes events, where a process has it.
#[derive(Clone, Debug, Default)]
pub struct Bus {
    /// Of the publisher.
    pub publisher: Option<Arc<PublisherStats>>,
    /// Of what lets events fire triggers, each under where it reads them.
    pub evaluators: Vec<(&'static str, Arc<EvaluatorStats>)>,
    /// The groups that the process reads topics in, and how it stands in each.
    pub readers: Vec<(String, Watched)>,
}

/// Shared by all requests of a server.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) parts: Parts,
    pub(crate) producer: Producer,
    pub(crate) sources: Sources,
    pub(crate) metrics: Metrics,
}

/// The handlers' state.
pub(crate) type Shared = Arc<App>;

impl App {
    pub(crate) fn new(settings: &Settings, parts: Parts) -> Shared {
        Arc::new(Self {
            settings: settings.clone(),
            producer: Producer::new(parts.pool.clone(), settings),
            sources: Sources::new(&settings.datasets),
            metrics: Metrics::new(settings, &parts),
            parts,
        })
    }

    /// A connection that answered a moment ago; connecting is tried for `postgres.pool_wait`.
    pub(crate) async fn connection(&self) -> Result<Pooled<'_>, ApiError> {
        Ok(self.parts.pool.get().await?)
    }
}
