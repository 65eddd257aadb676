//! A worker process with the tests' own kinds, for tests that kill or freeze one.

use std::sync::Arc;

use nexus_config::{LoadFrom, Settings, telemetry};
use nexus_queue::RoutedTransport;
use nexus_schema::{Keep, Pool};
use nexus_tests::effects::{Gated, gated};
use nexus_tests::poison::with_poison;
use nexus_workers::{Registry, WorkerProcess, stuck};
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let from = LoadFrom {
        file: std::env::var_os("NEXUS_CONFIG").map(Into::into),
        env: [],
    };
    let settings = Settings::load(from)?.settings;
    telemetry::start(&settings.log)?;
    let pool = Pool::new(&settings.postgres, Keep::None);
    let transport = Arc::new(RoutedTransport::new(&settings.redis, &settings.kafka)?);
    let registry = with_poison(Registry::new().with::<Gated, _>(gated));
    let mut process = WorkerProcess::new(&settings, pool, transport, registry)?;
    if std::env::args().any(|arg| arg == "--start-again") {
        process = process.on_stuck(stuck::start_again);
    }
    // Nobody stops it: it is killed.
    process.run(CancellationToken::new()).await?;
    Ok(())
}
