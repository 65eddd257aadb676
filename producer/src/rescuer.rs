//! The rescuer: leases that ran out, and what nobody will run.

mod sweep;

use std::time::{Duration, Instant};

use nexus_config::{Lease, Rescue};
use nexus_schema::{Pool, ledger, months};
use tokio_util::sync::CancellationToken;

/// Reservations of unique keys swept in one look: more than run out between two looks of a busy
/// ledger, since a backlog of them slows nobody.
const SWEEP_ROWS_MAX: u32 = 10_000;

/// Looks for lost leases until told to stop. On the way it sweeps (jobs past their
/// deadline or called off, reservations that ran out) and makes next month's
/// partitions. Any number may run.
#[derive(Debug)]
pub struct Rescuer {
    pool: Pool,
    settings: Rescue,
    lease: Lease,
    months_ahead: u32,
}

/// For how long the rescuer has reached Postgres without a gap.
#[derive(Debug, Clone, Copy)]
struct Sight {
    since: Instant,
    last: Instant,
}

impl Sight {
    /// Whether leases may be judged: after an outage of the server every lease
    /// looks expired, though its worker may be alive and about to prolong it.
    fn clear(self, now: Instant, lease: Duration) -> bool {
        now.duration_since(self.since) >= lease
    }

    /// The sight after reaching the server at `now`: a look that came later than
    /// half a lease after the last one counts as a gap.
    fn seen(sight: Option<Self>, now: Instant, lease: Duration) -> Self {
        match sight {
            Some(sight) if now.duration_since(sight.last) <= lease / 2 => {
                Self { last: now, ..sight }
            }
            _ => Self {
                since: now,
                last: now,
            },
        }
    }
}

impl Rescuer {
    /// A rescuer over a ledger.
    pub fn new(pool: Pool, settings: Rescue, lease: Lease, months_ahead: u32) -> Self {
        Self {
            pool,
            settings,
            lease,
            months_ahead,
        }
    }

    /// Runs until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut sight = None;
        let mut months_made: Option<Instant> = None;
        loop {
            match self.look(&mut sight, &mut months_made).await {
                Ok(()) => {}
                Err(error) => {
                    sight = None;
                    tracing::debug!(%error, "the rescuer cannot look");
                }
            }
            // Apart by chance, so that many rescuers do not look at once.
            let wait = self
                .settings
                .every
                .get()
                .mul_f64(0.75 + rand::random::<f64>() / 2.0);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    async fn look(
        &self,
        sight: &mut Option<Sight>,
        months_made: &mut Option<Instant>,
    ) -> nexus_schema::Result<()> {
        const MONTHS_EVERY: Duration = Duration::from_hours(1);
        let mut conn = self.pool.get().await?;
        let ttl = self.lease.ttl.get();
        let now = Instant::now();
        let seen = Sight::seen(*sight, now, ttl);
        *sight = Some(seen);
        if months_made.is_none_or(|at| at.elapsed() > MONTHS_EVERY) {
            months::make_ahead(&mut conn, self.months_ahead).await?;
            *months_made = Some(now);
        }
        let swept = ledger::sweep_reservations(&mut conn, SWEEP_ROWS_MAX).await?;
        if swept > 0 {
            tracing::debug!(swept, "reservations of unique keys that ran out");
        }
        sweep::sweep(&mut conn, self.settings.batch_max).await?;
        if !seen.clear(now, ttl) {
            return Ok(());
        }
        loop {
            let rescued = ledger::rescue(&mut conn, self.settings.batch_max).await?;
            if rescued.again.is_empty() && rescued.discarded.is_empty() {
                return Ok(());
            }
            tracing::warn!(
                jobs = rescued.again.len(),
                discarded = rescued.discarded.len(),
                "rescued jobs whose workers went silent"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(30);

    #[test]
    fn leases_are_judged_only_after_one_whole_lease_without_a_gap() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut sight = Sight::seen(None, start, LEASE);
        for second in (2..30).step_by(2) {
            sight = Sight::seen(Some(sight), at(second), LEASE);
            assert!(!sight.clear(at(second), LEASE));
        }
        sight = Sight::seen(Some(sight), at(30), LEASE);
        assert!(sight.clear(at(30), LEASE));
        let after_gap = Sight::seen(Some(sight), at(60), LEASE);
        assert!(!after_gap.clear(at(60), LEASE));
    }
}
