//! What a limit costs: a drain under limits that bind nobody, beside one without.

use nexus_schema::gates::{LimitChange, remove_limit, set_limit};

use super::jobs;
use super::rig::Rig;

/// Names of the limits, as they are meanwhile.
const CONCURRENCY: &str = "bench-concurrency";
const RATE: &str = "bench-rate";

/// Jobs a second drained under a concurrency of the queue and a rate of the kind, each
/// far above what is reached, and without.
pub(super) async fn drain(rig: &Rig, backlog: usize) -> anyhow::Result<(f64, f64)> {
    let (free, _) = jobs::drain(rig, backlog).await?;
    let concurrency = LimitChange {
        queue: Some("noop".into()),
        per: "all".into(),
        concurrency: Some(1_000_000),
        ..LimitChange::default()
    };
    let rate = LimitChange {
        kind: Some("noop".into()),
        per: "all".into(),
        rate: Some(1_000_000),
        rate_per_ms: Some(1000),
        burst: Some(1_000_000),
        ..LimitChange::default()
    };
    {
        let mut conn = rig.pool.get().await?;
        set_limit(&mut conn, CONCURRENCY, &concurrency, &Rig::actor()).await?;
        set_limit(&mut conn, RATE, &rate, &Rig::actor()).await?;
    }
    let releaser = rig.start_releaser();
    let limited = jobs::drain(rig, backlog).await;
    drop(releaser);
    let mut conn = rig.pool.get().await?;
    for name in [CONCURRENCY, RATE] {
        remove_limit(&mut conn, name).await?;
    }
    Ok((limited?.0, free))
}
