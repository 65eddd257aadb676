//! One round: look which lanes are due, push what fits, mark it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use diesel_async::AsyncConnection;
use nexus_jobs::Lane;
use nexus_queue::Entry;
use nexus_schema::AsyncPgConnection;
use nexus_schema::dispatch::{self, DueEntry, DueLane};

use super::pace::Round;
use super::{Memory, Relay, RelayError};

impl Relay {
    pub(super) async fn round(
        &self,
        conn: &mut AsyncPgConnection,
        memory: &mut Memory,
    ) -> Result<Round, RelayError> {
        self.check_epochs(conn, memory).await?;
        let mut round = Round::default();
        for DueLane { lane, due_in_ms } in dispatch::due_lanes(conn).await? {
            if due_in_ms > 0.0 {
                let due_in = Duration::from_secs_f64(due_in_ms / 1000.0);
                round.due_in = Some(round.due_in.map_or(due_in, |known| known.min(due_in)));
                continue;
            }
            let room = self.room(conn, memory, &lane).await?;
            if room == 0 {
                round.full = true;
                continue;
            }
            let rows_max = self
                .settings
                .push_rows_max
                .min(u32::try_from(room).unwrap_or(u32::MAX));
            let (rows, ids) = self.push(conn, &lane, rows_max).await?;
            *memory.in_broker.entry(lane).or_default() += ids;
            round.pushed += ids;
            round.more |= rows >= rows_max as usize;
        }
        self.stats
            .pushed_ids
            .fetch_add(round.pushed as u64, Ordering::Relaxed);
        Ok(round)
    }

    /// Ids that still fit into the lane's share of the broker. Claims make room
    /// without telling the relay, so the count is taken anew when the room seems
    /// used up.
    async fn room(
        &self,
        conn: &mut AsyncPgConnection,
        memory: &mut Memory,
        lane: &Lane,
    ) -> Result<usize, RelayError> {
        let most = self.settings.broker_ids_max as usize;
        let known = memory.in_broker.get(lane).copied().unwrap_or(most);
        if known < most {
            return Ok(most - known);
        }
        let counted = dispatch::pushed_ids(conn, lane).await?;
        memory.in_broker.insert(lane.clone(), counted);
        // A trickle of room would make a round of each row.
        let trickle = most / 10;
        Ok(most
            .saturating_sub(counted)
            .checked_sub(trickle)
            .map_or(0, |room| room + trickle))
    }

    /// Pushes up to `rows_max` due rows of a lane; returns the rows and their ids.
    ///
    /// The rows stay locked until the mark commits; a claim that comes in between
    /// waits for it. Should the commit fail after the push, the rows are pushed
    /// again, and the second claim finds nothing.
    async fn push(
        &self,
        conn: &mut AsyncPgConnection,
        lane: &Lane,
        rows_max: u32,
    ) -> Result<(usize, usize), RelayError> {
        conn.transaction(async |conn| {
            let due = dispatch::lock_due(conn, lane, rows_max).await?;
            if due.is_empty() {
                return Ok((0, 0));
            }
            let rows: Vec<i64> = due.iter().map(|row| row.id).collect();
            let entries: Vec<Entry> = due.into_iter().map(entry).collect();
            let ids = entries.iter().map(|entry| entry.job_ids.len()).sum();
            let epoch = self.transport.push(lane, &entries).await?;
            dispatch::mark_pushed(conn, &rows, &epoch.0).await?;
            Ok((rows.len(), ids))
        })
        .await
    }
}

fn entry(row: DueEntry) -> Entry {
    Entry {
        dispatch_id: row.id,
        job_ids: row.job_ids,
        suspect: row.suspect,
    }
}

impl From<diesel::result::Error> for RelayError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Ledger(error.into())
    }
}
