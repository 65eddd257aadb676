//! The processes that are killed: a worker, and one that is relay and rescuer. Each has an advancer and a
//! scheduler too, so that many of them decide at once.

use std::path::Path;
use std::sync::Arc;

use nexus_config::{LoadFrom, Settings, telemetry};
use nexus_producer::relay::Relay;
use nexus_producer::rescuer::Rescuer;
use nexus_producer::schedules::Scheduler;
use nexus_producer::workflows::Advancer;
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
    let stop = until_told()?;
    // Those of the relay's process are one among many.
    let deciding = decide(&settings, &pool, &stop)?;
    let process = WorkerProcess::new(&settings, pool, Arc::new(transport), registry)?;
    let (drained, ()) = tokio::join!(process.run(stop), deciding);
    drained?;
    Ok(())
}

/// An advancer of workflows and a scheduler, until told to stop.
fn decide(
    settings: &Settings,
    pool: &Pool,
    stop: &CancellationToken,
) -> anyhow::Result<impl Future<Output = ()> + use<>> {
    let advancer = Advancer::new(pool.clone(), settings);
    let scheduler = Scheduler::new(pool.clone(), settings);
    let scheduler = scheduler.map_err(|wrong| anyhow::anyhow!(wrong.join("; ")))?;
    let stop = stop.clone();
    Ok(async move {
        tokio::join!(advancer.run(stop.clone()), scheduler.run(stop));
    })
}

/// Runs a relay and a rescuer, an advancer and a scheduler, until SIGTERM.
pub async fn relay() -> anyhow::Result<()> {
    let (settings, pool, transport) = parts()?;
    let stop = until_told()?;
    let deciding = decide(&settings, &pool, &stop)?;
    let relay = Relay::new(pool.clone(), Arc::new(transport), settings.relay);
    let months = settings.history.months_ahead;
    let rescuer = Rescuer::new(pool, settings.rescue, settings.lease, months);
    tokio::join!(relay.run(stop.clone()), rescuer.run(stop), deciding);
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
