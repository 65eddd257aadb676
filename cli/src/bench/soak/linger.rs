//! A worker process whose jobs last until it is killed.

use std::future::pending;
use std::sync::Arc;

use nexus_config::Settings;
use nexus_jobs::{Job, Outcome};
use nexus_queue::RedisTransport;
use nexus_schema::{Keep, Pool};
use nexus_workers::{Context, Registry, WorkerProcess};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::signals::Signals;

/// Lasts, the first time; the next time it is done at once.
#[derive(Serialize, Deserialize)]
pub(super) struct Linger {}

impl Job for Linger {
    const KIND: &'static str = "bench_linger";
}

/// Works until a signal.
pub(in super::super) async fn work(settings: &Settings) -> anyhow::Result<()> {
    let registry = Registry::new().with::<Linger, _>(async |_: Linger, ctx: Context| {
        if ctx.run() == 1 {
            pending::<()>().await;
        }
        Ok(Outcome::done())
    });
    // Eight of these would take every connection of a server as it is shipped.
    let pool = Pool::new(&settings.postgres, Keep::None);
    let transport = Arc::new(RedisTransport::new(&settings.redis)?);
    let stop = CancellationToken::new();
    tokio::spawn(Signals::take()?.watch(stop.clone(), None));
    WorkerProcess::new(settings, pool, transport, registry)?
        .run(stop)
        .await?;
    Ok(())
}
