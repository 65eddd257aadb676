//! Entries fetched and not yet settled, and which of their ids to claim next.
//! Pure: no I/O.

use std::collections::{HashSet, VecDeque};

use nexus_jobs::Band;
use nexus_queue::{Delivery, Receipt};

/// Entries in the order in which they came, and so within a band in the order in which they
/// are to be claimed. The ids of one may have been claimed in part.
#[derive(Debug, Default)]
pub(crate) struct Held {
    entries: VecDeque<Delivery>,
    receipts: HashSet<Receipt>,
}

/// What to claim in one go.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Ids to claim.
    pub(crate) ids: Vec<i64>,
    /// Entries whose ids are all among them, or were claimed before.
    pub(crate) whole: Vec<Delivery>,
    /// The dispatch row of the entry of which only a part is among them, and the rest.
    pub(crate) part: Option<(i64, Vec<i64>)>,
    /// Whether it is one suspect, alone.
    pub(crate) suspect: bool,
}

impl Held {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether anything held can start: while a suspect runs, other suspects cannot.
    pub(crate) fn can_start(&self, suspect_free: bool) -> bool {
        suspect_free && !self.entries.is_empty()
            || self.entries.iter().any(|held| !held.entry.suspect)
    }

    /// Entries held.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Takes entries in; one that is held already is left out.
    pub(crate) fn add(&mut self, deliveries: Vec<Delivery>) {
        for delivery in deliveries {
            if self.receipts.insert(delivery.receipt.clone()) {
                self.entries.push_back(delivery);
            }
        }
    }

    /// Ids that can start at once, whatever suspects run.
    pub(crate) fn ready(&self) -> usize {
        let entries = self.entries.iter().filter(|held| !held.entry.suspect);
        entries.map(|held| held.entry.job_ids.len()).sum()
    }

    /// The bands that go before the first one of which anything held can start: there may be
    /// something in the broker to be claimed before it.
    pub(crate) fn ahead<'a>(&self, order: &'a [Band], suspect_free: bool) -> &'a [Band] {
        let starts = |band| {
            let mut of_it = self.entries.iter().filter(|held| held.receipt.band == band);
            of_it.any(|held| suspect_free || !held.entry.suspect)
        };
        let first = order.iter().position(|&band| starts(band));
        &order[..first.unwrap_or(order.len())]
    }

    /// Every receipt held.
    pub(crate) fn receipts(&self) -> Vec<Receipt> {
        self.receipts.iter().cloned().collect()
    }

    /// Takes out what `slots` free slots can start, a band after the other in this
    /// order. Suspects are claimed alone, one at a time: `suspect_free` says whether
    /// none is running. Until then others pass them by.
    pub(crate) fn plan(
        &mut self,
        slots: usize,
        suspect_free: bool,
        order: [Band; 4],
    ) -> Option<Plan> {
        let rank = |held: &Delivery| order.iter().position(|&band| band == held.receipt.band);
        self.entries.make_contiguous().sort_by_key(rank);
        let at = self
            .entries
            .iter()
            .position(|held| !held.entry.suspect || suspect_free)?;
        if self.entries[at].entry.suspect {
            let delivery = self.take(at)?;
            let ids = delivery.entry.job_ids.clone();
            return Some(Plan {
                ids,
                whole: vec![delivery],
                part: None,
                suspect: true,
            });
        }
        let mut plan = Plan::default();
        while plan.ids.len() < slots {
            let next = self.entries.iter().position(|held| !held.entry.suspect);
            let Some(at) = next else { break };
            let room = slots - plan.ids.len();
            let entry = &mut self.entries[at].entry;
            if entry.job_ids.len() > room {
                let rest = entry.job_ids.split_off(room);
                plan.ids.append(&mut entry.job_ids);
                entry.job_ids.clone_from(&rest);
                plan.part = Some((entry.dispatch_id, rest));
            } else if let Some(delivery) = self.take(at) {
                plan.ids.extend_from_slice(&delivery.entry.job_ids);
                plan.whole.push(delivery);
            }
        }
        (!plan.ids.is_empty()).then_some(plan)
    }

    /// Puts back what could not be claimed, since the ledger was away.
    pub(crate) fn put_back(&mut self, plan: Plan) {
        let part_ids = plan.ids.len()
            - plan
                .whole
                .iter()
                .map(|held| held.entry.job_ids.len())
                .sum::<usize>();
        if let Some((dispatch_id, rest)) = plan.part
            && let Some(held) = self
                .entries
                .iter_mut()
                .find(|held| held.entry.dispatch_id == dispatch_id)
        {
            let taken = &plan.ids[plan.ids.len() - part_ids..];
            held.entry.job_ids = [taken, &rest[..]].concat();
        }
        for delivery in plan.whole.into_iter().rev() {
            self.receipts.insert(delivery.receipt.clone());
            self.entries.push_front(delivery);
        }
    }

    fn take(&mut self, at: usize) -> Option<Delivery> {
        let delivery = self.entries.remove(at)?;
        self.receipts.remove(&delivery.receipt);
        Some(delivery)
    }
}

/// How many entries to fetch for so many free slots, given how many ids an entry
/// carried lately. At least one.
pub(crate) fn entries_wanted(slots: usize, ids_an_entry: usize) -> usize {
    (slots / ids_an_entry.max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nexus_queue::Entry;
    use proptest::prelude::*;

    fn delivery(dispatch_id: i64, ids: impl IntoIterator<Item = i64>, suspect: bool) -> Delivery {
        of_band(Band::Normal, dispatch_id, ids, suspect)
    }

    fn of_band(
        band: Band,
        dispatch_id: i64,
        ids: impl IntoIterator<Item = i64>,
        suspect: bool,
    ) -> Delivery {
        Delivery {
            entry: Entry {
                dispatch_id,
                job_ids: ids.into_iter().collect(),
                suspect,
            },
            receipt: Receipt {
                band,
                id: dispatch_id.to_string(),
            },
        }
    }

    #[test]
    fn an_entry_larger_than_the_room_is_claimed_in_parts() {
        let mut held = Held::default();
        held.add(vec![delivery(1, 1..=5, false)]);
        let first = held.plan(3, true, Band::ALL).unwrap();
        assert_eq!(first.ids, [1, 2, 3]);
        assert!(first.whole.is_empty());
        assert_eq!(first.part, Some((1, vec![4, 5])));
        let second = held.plan(3, true, Band::ALL).unwrap();
        assert_eq!(second.ids, [4, 5]);
        assert_eq!(second.whole.len(), 1);
        assert!(held.is_empty());
    }

    #[test]
    fn a_suspect_goes_alone_and_holds_up_nobody() {
        let mut held = Held::default();
        held.add(vec![delivery(1, [1], true), delivery(2, [2, 3], false)]);
        let first = held.plan(10, false, Band::ALL).unwrap();
        assert_eq!((first.ids, first.suspect), (vec![2, 3], false));
        assert_eq!(held.plan(10, false, Band::ALL), None);
        let second = held.plan(10, true, Band::ALL).unwrap();
        assert_eq!((second.ids, second.suspect), (vec![1], true));
    }

    #[test]
    fn the_same_entry_is_held_once() {
        let mut held = Held::default();
        held.add(vec![delivery(1, [1], false), delivery(1, [1], false)]);
        assert_eq!(held.plan(10, true, Band::ALL).unwrap().ids, [1]);
        assert!(held.is_empty());
    }

    #[test]
    fn a_turn_has_its_own_order_and_what_goes_before_is_looked_for() {
        use Band::{Critical, High, Low, Normal};
        let mut held = Held::default();
        let upward = [Low, Normal, High, Critical];
        held.add(vec![
            of_band(Normal, 1, [1, 2], false),
            of_band(High, 2, [3], true),
            of_band(Low, 3, [4], false),
        ]);
        assert_eq!(held.ready(), 3, "the suspect may have to wait");
        assert_eq!(held.ahead(&Band::ALL, false), [Critical, High]);
        assert_eq!(held.ahead(&Band::ALL, true), [Critical]);
        assert!(held.ahead(&upward, true).is_empty());
        assert_eq!(held.plan(2, false, upward).unwrap().ids, [4, 1]);
        held.add(vec![of_band(Critical, 4, [5], false)]);
        assert_eq!(held.plan(9, false, Band::ALL).unwrap().ids, [5, 2]);
        assert!(held.plan(9, false, Band::ALL).is_none());
    }

    proptest! {
        #[test]
        fn every_id_is_planned_once_whatever_fails(
            sizes in prop::collection::vec((1_i64..8, any::<bool>()), 1..20),
            rooms in prop::collection::vec((1_usize..10, any::<bool>()), 1..50),
        ) {
            let mut held = Held::default();
            let mut next = 1;
            let mut expected: Vec<i64> = Vec::new();
            for (n, &(size, suspect)) in sizes.iter().enumerate() {
                let size = if suspect { 1 } else { size };
                let ids: Vec<i64> = (next..next + size).collect();
                expected.extend(&ids);
                next += size;
                held.add(vec![delivery(i64::try_from(n).unwrap(), ids, suspect)]);
            }
            let mut claimed: Vec<i64> = Vec::new();
            for (room, fails) in rooms.into_iter().chain(std::iter::repeat_n((5, false), 200)) {
                let Some(plan) = held.plan(room, true, Band::ALL) else { break };
                prop_assert!(plan.ids.len() <= room.max(1));
                if fails { held.put_back(plan) } else { claimed.extend(plan.ids) }
            }
            claimed.sort_unstable();
            prop_assert_eq!(claimed, expected);
        }
    }
}
