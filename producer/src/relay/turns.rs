//! Whose row is next: tenants in turn, by ids given. Pure.

use nexus_schema::dispatch::{DueEntry, TenantsDue};

/// Rows in the order in which they are to be pushed.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// The tenants looked at, in turn.
    tenants: Vec<i64>,
    /// Rows, each with its tenant's place among them.
    pub(super) rows: Vec<(usize, DueEntry)>,
}

impl Turns {
    /// Always the row of whom the fewest ids were given so far, and among equals of
    /// whom is earlier in turn. Each tenant's own rows stay in order.
    pub(super) fn of(due: Vec<TenantsDue>) -> Self {
        let tenants: Vec<i64> = due.iter().map(|tenant| tenant.tenant).collect();
        let mut left: Vec<_> = due
            .into_iter()
            .map(|tenant| (0, tenant.rows.into_iter().peekable()))
            .collect();
        let mut rows = Vec::new();
        loop {
            let waiting = left.iter_mut().enumerate();
            let next = waiting
                .filter_map(|(place, (given, rows))| rows.peek().map(|_| (*given, place)))
                .min();
            let Some((_, place)) = next else { break };
            let (given, of_tenant) = &mut left[place];
            if let Some(row) = of_tenant.next() {
                *given += row.job_ids.len();
                rows.push((place, row));
            }
        }
        Self { tenants, rows }
    }

    /// Whether some tenant may have more due rows than it was asked for, where all
    /// were asked for `rows_max` together.
    pub(super) fn may_be_cut_short(&self, rows_max: usize) -> bool {
        let share = (rows_max / self.tenants.len().max(1)).max(1);
        let given = |place: usize| self.rows.iter().filter(|(by, _)| *by == place).count();
        (0..self.tenants.len()).any(|place| given(place) >= share)
    }

    /// The tenant after which the next push is to begin, if the first `pushed` rows
    /// go now and this one began after `after`: whoever had a row and gave none is
    /// next. `all`: whether no tenant of the lane is missing here.
    pub(super) fn next_after(&self, pushed: usize, after: i64, all: bool) -> i64 {
        let (gone, left) = self.rows.split_at(pushed);
        let served = |place: usize| gone.iter().any(|(by, _)| *by == place);
        match left
            .iter()
            .map(|(place, _)| *place)
            .filter(|place| !served(*place))
            .min()
        {
            Some(0) => after,
            Some(place) => self.tenants[place - 1],
            None if all => i64::MIN,
            None => self.tenants.last().copied().unwrap_or(i64::MIN),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(tenant: i64, sizes: &[usize]) -> TenantsDue {
        let rows = (0..).zip(sizes).map(|(nth, &size)| DueEntry {
            id: tenant * 100 + nth,
            job_ids: vec![0; size],
            suspect: false,
        });
        TenantsDue {
            tenant,
            rows: rows.collect(),
        }
    }

    fn ids(turns: &Turns) -> Vec<i64> {
        turns.rows.iter().map(|(_, row)| row.id).collect()
    }

    #[test]
    fn tenants_give_rows_in_turn_by_the_ids_in_them() {
        let turns = Turns::of(vec![tenant(1, &[1, 1, 1]), tenant(2, &[1, 1])]);
        assert_eq!(ids(&turns), [100, 200, 101, 201, 102]);
        let turns = Turns::of(vec![tenant(1, &[100, 100]), tenant(2, &[1, 1, 1])]);
        assert_eq!(ids(&turns), [100, 200, 201, 202, 101]);
    }

    #[test]
    fn who_gave_none_is_next() {
        let turns = Turns::of(vec![
            tenant(5, &[1]),
            tenant(6, &[]),
            tenant(7, &[1]),
            tenant(2, &[1]),
        ]);
        assert_eq!(turns.next_after(3, 4, false), 2);
        assert_eq!(turns.next_after(2, 4, false), 7);
        assert_eq!(turns.next_after(1, 4, false), 6);
        assert_eq!(turns.next_after(0, 4, false), 4);
        assert_eq!(turns.next_after(3, 4, true), i64::MIN);
    }
}
