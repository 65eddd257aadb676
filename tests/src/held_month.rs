//! Stopping a load in its middle, and taking its job away.

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use nexus_schema::ledger;

use crate::bed::TestBed;
use crate::eventually;
use crate::eventually::SOON;

/// Holds one month's partition against everybody who would write into it, so that
/// a load stops there, with the months before it committed.
pub struct Held {
    owner: AsyncPgConnection,
}

impl Held {
    /// Takes hold of September 2024.
    pub async fn at(bed: &TestBed) -> Self {
        bed.execute("SELECT nexus.month_leaf('transactions', '2024-09-01')")
            .await;
        let mut owner = bed.conn_as("nexus_owner").await;
        let lock = "BEGIN; LOCK TABLE nexus.transactions_y2024m09 IN SHARE MODE";
        owner.batch_execute(lock).await.expect("the ledger answers");
        Self { owner }
    }

    /// Waits until so many loads wait there.
    pub async fn stops(&self, bed: &TestBed, loads: i64) {
        let waiting = "NOT granted AND relation = 'nexus.transactions_y2024m09'::regclass \
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        eventually("loads wait at the held month", SOON, async || {
            (bed.count_in("pg_locks", waiting).await == loads).then_some(())
        })
        .await;
    }

    /// Lets everybody go on.
    pub async fn release(mut self) {
        self.owner
            .batch_execute("ROLLBACK")
            .await
            .expect("the ledger answers");
    }
}

/// Lets every lease run out and rescues its jobs, whatever heartbeats do.
pub async fn rescue_all(bed: &TestBed) -> ledger::Rescued {
    let mut conn = bed.conn().await;
    let rescued = conn.transaction(async |conn| {
        let expire = "UPDATE nexus.leases SET expires_at = now() - interval '1 second'";
        conn.batch_execute(expire).await?;
        ledger::rescue(conn, 10).await
    });
    rescued.await.expect("the ledger answers")
}
