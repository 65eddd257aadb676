//! One round: look which lanes are due, push what fits, mark it.

use std::collections::hash_map::Entry;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use diesel_async::AsyncConnection;
use nexus_config::Relay as Settings;
use nexus_jobs::{Lane, TransportName};
use nexus_queue::Entry as BrokerEntry;
use nexus_schema::AsyncPgConnection;
use nexus_schema::dispatch::{self, DueEntry, DueLane};

use super::bound::Bound;
use super::pace::Round;
use super::turns::Turns;
use super::{InBroker, Memory, Relay, RelayError};

/// How often a full lane is counted: the count reads an index entry for each row in
/// the broker, thousands where the jobs are heavy.
const RECOUNT_EVERY: Duration = Duration::from_millis(20);

/// Tenants of a lane that one push looks at: each costs a probe of an index.
const TENANTS_MAX: u32 = 64;

impl Relay {
    pub(super) async fn round(
        &self,
        conn: &mut AsyncPgConnection,
        memory: &mut Memory,
    ) -> Result<Round, RelayError> {
        self.check_epochs(conn, memory).await?;
        let mut round = Round::default();
        for due in dispatch::due_lanes(conn).await? {
            let DueLane {
                lane,
                due_in_ms,
                transport,
            } = due;
            if due_in_ms > 0.0 {
                let due_in = Duration::from_secs_f64(due_in_ms / 1000.0);
                round.due_in = Some(round.due_in.map_or(due_in, |known| known.min(due_in)));
                continue;
            }
            let known = self.known(conn, memory, &lane).await?;
            let room = if known.full {
                0
            } else {
                known.bound.ids().saturating_sub(known.ids)
            };
            if room == 0 {
                round.full = true;
                continue;
            }
            let pushed = self.push(conn, &lane, transport, known, room).await?;
            round.pushed += pushed.ids;
            round.more |= pushed.rest == Rest::More;
            round.full |= pushed.rest == Rest::TooLarge;
            known.ids += pushed.ids;
            if pushed.rows > 0 {
                known.ids_a_row = pushed.ids.div_ceil(pushed.rows);
            }
            known.full = pushed.rest == Rest::TooLarge;
            known.after = pushed.after;
        }
        self.stats
            .pushed_ids
            .fetch_add(round.pushed as u64, Ordering::Relaxed);
        Ok(round)
    }

    /// What a lane has in the broker. Claims make room without telling the relay, so
    /// the count is taken anew when the room seems used up, and with it the bound.
    async fn known<'a>(
        &self,
        conn: &mut AsyncPgConnection,
        memory: &'a mut Memory,
        lane: &Lane,
    ) -> Result<&'a mut InBroker, RelayError> {
        let known = match memory.in_broker.entry(lane.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let ids = dispatch::pushed_ids(conn, lane).await?;
                place.insert(InBroker::new(ids, &self.settings, Instant::now()))
            }
        };
        let used_up = known.full || known.ids >= known.bound.ids();
        if used_up && known.counted.elapsed() >= RECOUNT_EVERY {
            let counted = dispatch::pushed_ids(conn, lane).await?;
            known.recount(counted, Instant::now());
        }
        Ok(known)
    }

    /// Pushes due rows of a lane, up to `push_rows_max` and as many as have room, of
    /// its tenants in turn.
    ///
    /// The rows stay locked until the mark commits; a claim that comes in between
    /// waits for it. Should the commit fail after the push, the rows are pushed
    /// again, and the second claim finds nothing.
    async fn push(
        &self,
        conn: &mut AsyncPgConnection,
        lane: &Lane,
        named: Option<TransportName>,
        known: &InBroker,
        room: usize,
    ) -> Result<Pushed, RelayError> {
        let (ids_max, after) = (known.bound.ids(), known.after);
        // A row that is locked and does not fit costs as much as one that does.
        let wanted = u32::try_from(room / known.ids_a_row.max(1) + 1).unwrap_or(u32::MAX);
        let rows_max = self.settings.push_rows_max.min(wanted);
        conn.transaction(async |conn| {
            // Without a row that names one there is nothing to lock, and no need to ask.
            let transport = match named {
                Some(_) => dispatch::lock_transport(conn, &lane.queue).await?,
                None => TransportName::default(),
            };
            let mut tenants = dispatch::lock_due(conn, lane, after, TENANTS_MAX, rows_max).await?;
            let seen_to_the_end = tenants.len() < TENANTS_MAX as usize;
            if seen_to_the_end && after > i64::MIN {
                let rest = TENANTS_MAX - u32::try_from(tenants.len()).unwrap_or(0);
                let first = dispatch::lock_due(conn, lane, i64::MIN, rest, rows_max).await?;
                tenants.extend(first.into_iter().filter(|t| t.tenant <= after));
            }
            let turns = Turns::of(tenants);
            let ids = turns.rows.iter().map(|(_, row)| row.job_ids.len());
            let fitting = fitting(ids, room, ids_max);
            let rest = if fitting < turns.rows.len() {
                Rest::TooLarge
            } else if turns.may_be_cut_short(rows_max as usize) || !seen_to_the_end {
                Rest::More
            } else {
                Rest::None
            };
            let after = turns.next_after(fitting, after, seen_to_the_end);
            if fitting == 0 {
                return Ok(Pushed {
                    ids: 0,
                    rows: 0,
                    rest,
                    after,
                });
            }
            let due = turns.rows.into_iter().take(fitting).map(|(_, row)| row);
            let entries: Vec<BrokerEntry> = due.map(entry).collect();
            let rows: Vec<i64> = entries.iter().map(|entry| entry.dispatch_id).collect();
            let ids = entries.iter().map(|entry| entry.job_ids.len()).sum();
            let epoch = self.carrier(transport)?.push(lane, &entries).await?;
            dispatch::mark_pushed(conn, &rows, &epoch.0).await?;
            Ok(Pushed {
                ids,
                rows: rows.len(),
                rest,
                after,
            })
        })
        .await
    }
}

impl InBroker {
    fn new(ids: usize, settings: &Settings, now: Instant) -> Self {
        let (least, most) = (settings.broker_ids_min, settings.broker_ids_max);
        Self {
            ids,
            counted: now,
            ids_a_row: 1,
            full: false,
            bound: Bound::new(least as usize, most as usize, now),
            after: i64::MIN,
        }
    }

    /// Takes in a new count.
    fn recount(&mut self, counted: usize, now: Instant) {
        self.bound
            .counted(counted, self.ids.saturating_sub(counted), now);
        let most = self.bound.ids();
        // A trickle of room would make a round of each row, so it counts as none.
        let room = most.saturating_sub(counted);
        self.ids = if room < most.div_ceil(10) {
            most.max(counted)
        } else {
            counted
        };
        self.full = false;
        self.counted = now;
    }
}

/// What a push did.
struct Pushed {
    ids: usize,
    rows: usize,
    rest: Rest,
    /// The tenant after which the next push begins.
    after: i64,
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

fn entry(row: DueEntry) -> BrokerEntry {
    BrokerEntry {
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
