use crate::datasets::duplicates::{DuplicatePolicy, Duplicates, Recounted};
use crate::datasets::figures::{Figures, RejectCount};

/// Figures once duplicates are settled.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) load: Figures,
    pub(super) dataset: Figures,
    /// Rows rejected since they were read.
    pub(super) repeated: Vec<RejectCount>,
}

impl Ended {
    /// `totals` are the dataset's without the load, `read` is what the load counted while it read.
    pub(super) fn of(
        totals: Figures,
        read: Figures,
        duplicates: Option<&Duplicates>,
        recounted: Option<&Recounted>,
    ) -> Self {
        let repeated = match duplicates {
            Some(found) if recounted.is_some() && found.policy == DuplicatePolicy::Reject => {
                found.rows
            }
            _ => 0,
        };
        let mut ended = Self {
            load: read,
            dataset: totals.plus(read),
            repeated: Vec::new(),
        };
        if let Some(recounted) = recounted {
            // What was read and rejected stays; what stands was counted in the table.
            for (figures, standing) in [
                (&mut ended.load, recounted.load),
                (&mut ended.dataset, recounted.dataset),
            ] {
                *figures = Figures {
                    rows_read: figures.rows_read,
                    rows_rejected: figures.rows_rejected + repeated,
                    ..standing
                };
            }
        }
        if repeated > 0 {
            ended.repeated.push(RejectCount {
                reason: "duplicate_key".into(),
                rows: repeated,
            });
        }
        ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(rows_read: i64, rows_loaded: i64) -> Figures {
        Figures {
            rows_read,
            rows_loaded,
            rows_rejected: rows_read - rows_loaded,
            ..Figures::default()
        }
    }

    #[test]
    fn what_is_read_is_loaded_rejected_or_replaced() {
        let (totals, read) = (figures(10, 9), figures(5, 4));
        let plain = Ended::of(totals, read, None, None);
        assert_eq!((plain.load, plain.dataset), (read, figures(15, 13)));
        assert_eq!(plain.repeated, []);
        let standing = |rows_loaded| Figures {
            rows_loaded,
            ..Figures::default()
        };
        let recounted = Recounted {
            load: standing(2),
            dataset: standing(11),
            sums: Vec::new(),
        };
        let mut found = Duplicates {
            policy: DuplicatePolicy::Reject,
            key: Vec::new(),
            rows: 2,
            keys: 1,
        };
        let rejected = Ended::of(totals, read, Some(&found), Some(&recounted));
        assert_eq!(rejected.load, figures(5, 2));
        assert_eq!(rejected.dataset, figures(15, 11));
        assert_eq!(rejected.repeated[0].rows, 2);
        found.policy = DuplicatePolicy::Replace;
        let replaced = Ended::of(totals, read, Some(&found), Some(&recounted));
        assert_eq!(replaced.dataset.rows_loaded, 11);
        assert_eq!(
            (replaced.load.rows_rejected, replaced.dataset.rows_rejected),
            (1, 2)
        );
        assert!(replaced.repeated.is_empty());
    }
}
