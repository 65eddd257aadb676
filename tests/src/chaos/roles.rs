//! The processes that are killed: a worker, and one that is relay and rescuer.

use std::path::Path;
use std::sync::Arc;

use nexus_config::{LoadFrom, Settings, telemetry};
use nexus_producer::relay::Relay;
use nexus_producer::rescuer::Rescuer;
use nexus_queue::RoutedTransport;
use nexus_schema::{Keep, Pool, fence};
use nexus_workers::WorkerProcess;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::handlers::registry;
use super::run_log::RunLog;

/// Runs a worker until SIGTERM; its handlers note their runs in the file `runs`.
pub async fn work(runs: &Path, unfenced: bool) -> anyhow::Result<()> {
    if unfenced {
        fence::remove_for_tests();
    }
    let (settings, pool, transport) = parts()?;
    let registry = registry(RunLog::open(runs)?);
    let process = WorkerProcess::new(&settings, pool, Arc::new(transport), registry)?;
    process.run(until_told()?).await?;
    Ok(())
}

/// Runs a relay and a rescuer until SIGTERM.
pub async fn relay() -> anyhow::Result<()> {
    let (settings, pool, transport) = parts()?;
    let relay = Relay::new(pool.clone(), Arc::new(transport), settings.relay);
    let months = settings.history.months_ahead;
    let rescuer = Rescuer::new(pool, settings.rescue, settings.lease, months);
    let stop = until_told()?;
    tokio::join!(relay.run(stop.clone()), rescuer.run(stop));
    Ok(())
}

fn parts() -> anyhow::Result<(Settings, Pool, RoutedTransport)> {
    let from = LoadFrom {
        file: std::env::var_os("NEXUS_CONFIG").map(Into::into),
        env: [],
    };
    let settings = Settings::load(from)?.settings;
    telemetry::start(&settings.log)?;
    let pool = Pool::new(&settings.postgres, Keep::None);
    let transport = RoutedTransport::new(&settings.redis, &settings.kafka)?;
    Ok((settings, pool, transport))
}

fn until_told() -> anyhow::Result<CancellationToken> {
    let mut told = signal(SignalKind::terminate())?;
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    tokio::spawn(async move {
        told.recv().await;
        stopping.cancel();
    });
    Ok(stop)
}
