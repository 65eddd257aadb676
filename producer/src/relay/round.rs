//! One round: look which lanes are due, push what fits, mark it.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use diesel_async::AsyncConnection;
use nexus_jobs::Lane;
use nexus_queue::Entry;
use nexus_schema::AsyncPgConnection;
use nexus_schema::dispatch::{self, DueEntry, DueLane};

use super::pace::Round;
use super::{InBroker, Memory, Relay, RelayError};

/// How often a full lane is counted: the count reads an index entry for each row in
/// the broker, thousands where the jobs are heavy.
const RECOUNT_EVERY: Duration = Duration::from_millis(20);

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
            let pushed = self.push(conn, &lane, room).await?;
            round.pushed += pushed.ids;
            round.more |= pushed.rest == Rest::More;
            round.full |= pushed.rest == Rest::TooLarge;
            if let Some(known) = memory.in_broker.get_mut(&lane) {
                // What does not fit makes the lane full until it is counted anew.
                let full = pushed.rest == Rest::TooLarge;
                known.ids = if full {
                    usize::MAX
                } else {
                    known.ids + pushed.ids
                };
            }
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
        match memory.in_broker.get(lane) {
            Some(known) if known.ids < most => return Ok(most - known.ids),
            Some(known) if known.counted.elapsed() < RECOUNT_EVERY => return Ok(0),
            _ => {}
        }
        let counted = dispatch::pushed_ids(conn, lane).await?;
        // A trickle of room would make a round of each row, so it counts as none.
        let room = most.saturating_sub(counted);
        let room = if room < most / 10 { 0 } else { room };
        let known = InBroker {
            ids: most - room,
            counted: Instant::now(),
        };
        memory.in_broker.insert(lane.clone(), known);
        Ok(room)
    }

    /// Pushes due rows of a lane, up to `push_rows_max` and as many as have room.
    ///
    /// The rows stay locked until the mark commits; a claim that comes in between
    /// waits for it. Should the commit fail after the push, the rows are pushed
    /// again, and the second claim finds nothing.
    async fn push(
        &self,
        conn: &mut AsyncPgConnection,
        lane: &Lane,
        room: usize,
    ) -> Result<Pushed, RelayError> {
        let ids_max = self.settings.broker_ids_max as usize;
        let rows_max = self
            .settings
            .push_rows_max
            .min(u32::try_from(room).unwrap_or(u32::MAX));
        conn.transaction(async |conn| {
            let mut due = dispatch::lock_due(conn, lane, rows_max).await?;
            let full = due.len() >= rows_max as usize;
            let fitting = fitting(due.iter().map(|row| row.job_ids.len()), room, ids_max);
            let rest = match fitting < due.len() {
                true => Rest::TooLarge,
                false if full => Rest::More,
                false => Rest::None,
            };
            due.truncate(fitting);
            if due.is_empty() {
                return Ok(Pushed { ids: 0, rest });
            }
            let rows: Vec<i64> = due.iter().map(|row| row.id).collect();
            let entries: Vec<Entry> = due.into_iter().map(entry).collect();
            let ids = entries.iter().map(|entry| entry.job_ids.len()).sum();
            let epoch = self.transport.push(lane, &entries).await?;
            dispatch::mark_pushed(conn, &rows, &epoch.0).await?;
            Ok(Pushed { ids, rest })
        })
        .await
    }
}

/// What a push did.
struct Pushed {
    ids: usize,
    rest: Rest,
}

/// What is left due in a lane after a push.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// Nothing.
    None,
    /// Perhaps more rows, for which there may be room.
    More,
    /// A row that does not fit into the room there is.
    TooLarge,
}

/// How many rows, of so many ids each, fit into `room` ids. At least one where the
/// lane is empty: rows may be older than a bound that was lowered.
fn fitting(rows: impl Iterator<Item = usize>, room: usize, ids_max: usize) -> usize {
    let mut left = room;
    rows.enumerate()
        .take_while(|&(nth, ids)| {
            let fits = ids <= left || (nth == 0 && room >= ids_max);
            left = left.saturating_sub(ids);
            fits
        })
        .count()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_pushed_while_their_ids_fit() {
        let rows = || [10, 10, 10].into_iter();
        assert_eq!(fitting(rows(), 30, 50), 3);
        assert_eq!(fitting(rows(), 29, 50), 2);
        assert_eq!(fitting(rows(), 9, 50), 0);
        assert_eq!(fitting([20, 1].into_iter(), 10, 50), 0, "in order");
    }

    #[test]
    fn an_empty_lane_takes_a_row_of_any_size() {
        assert_eq!(fitting([100, 100].into_iter(), 50, 50), 1);
        assert_eq!(fitting([100].into_iter(), 49, 50), 0);
    }
}
