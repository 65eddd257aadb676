use std::collections::BTreeMap;

use diesel_async::AsyncPgConnection;
use nexus_jobs::gcra::Rate;
use nexus_jobs::limit::{Limit, Rules};

use super::{BreakerView, LimitView, breakers, limits};
use crate::error::Result;

/// Every limit and breaker.
pub async fn rules(conn: &mut AsyncPgConnection) -> Result<Rules> {
    let limits = limits(conn).await?.iter().map(limit).collect();
    let breakers = breakers(conn).await?;
    let state = |view: &BreakerView| (view.kind.clone(), view.now());
    Ok(Rules {
        limits,
        breakers: breakers.iter().map(state).collect::<BTreeMap<_, _>>(),
    })
}

fn limit(view: &LimitView) -> Limit {
    let whole = |number: i32| u32::try_from(number).unwrap_or(0);
    let rate = view.rate.zip(view.rate_per_ms).map(|(count, per_ms)| Rate {
        count: whole(count).max(1),
        per_us: u64::try_from(per_ms).unwrap_or(1).max(1) * 1000,
        burst: view.burst.map_or(1, whole).max(1),
    });
    Limit {
        name: view.name.clone(),
        queue: view.queue.clone(),
        kind: view.kind.clone(),
        per: view.per(),
        concurrency: view.concurrency.map(whole),
        rate,
    }
}
