//! Whether a dataset counts as loaded: a pure decision.

use super::tally::Tally;

/// What is to become of a file that was read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Its rows count.
    Loaded,
    /// It fails; the text says why.
    TooManyRejects(String),
}

/// At most `share_max` of a file's rows may be rejected.
#[expect(
    clippy::cast_precision_loss,
    reason = "a share needs no more than 53 bits"
)]
pub(super) fn verdict(tally: &Tally, share_max: f64) -> Verdict {
    let rejected = tally.rejected_total();
    let share = rejected as f64 / tally.rows_read.max(1) as f64;
    if share <= share_max {
        return Verdict::Loaded;
    }
    let mut reasons: Vec<_> = tally.rejected.iter().collect();
    reasons.sort_by_key(|(_, rows)| std::cmp::Reverse(**rows));
    let most: Vec<String> = reasons
        .into_iter()
        .take(3)
        .map(|(reason, rows)| format!("{} {rows}", reason.as_str()))
        .collect();
    Verdict::TooManyRejects(format!(
        "{rejected} of {} rows were rejected, {:.1} %; at most {:.1} % may be \
         (datasets.reject_share_max). Most: {}. The rejects are kept; nothing is loaded",
        tally.rows_read,
        share * 100.0,
        share_max * 100.0,
        most.join(", ")
    ))
}

/// Why a load stops early: more rejects than may be kept.
pub(super) fn too_many_kept(rejected: u64, kept_max: u64) -> Option<String> {
    (rejected > kept_max).then(|| {
        format!(
            "more than {kept_max} rows were rejected, which is the most that are kept \
             (datasets.rejects_kept_max): is this the right profile?"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process_dataset::reject::RejectReason;

    fn tally(read: u64, bad_dates: u64) -> Tally {
        let mut tally = Tally {
            rows_read: read,
            loaded: read - bad_dates,
            ..Tally::default()
        };
        tally.rejected.insert(RejectReason::BadDate, bad_dates);
        tally
    }

    #[test]
    fn the_share_itself_is_still_allowed() {
        assert_eq!(verdict(&tally(1000, 50), 0.05), Verdict::Loaded);
        let Verdict::TooManyRejects(why) = verdict(&tally(1000, 51), 0.05) else {
            panic!("51 of 1000 passed");
        };
        assert!(
            why.contains("51 of 1000 rows were rejected, 5.1 %"),
            "{why}"
        );
        assert!(why.contains("bad_date 51"), "{why}");
    }

    #[test]
    fn a_file_of_rejects_fails_and_one_without_rows_does_not_divide_by_zero() {
        assert!(matches!(
            verdict(&tally(3, 3), 0.05),
            Verdict::TooManyRejects(_)
        ));
        assert_eq!(verdict(&Tally::default(), 0.0), Verdict::Loaded);
    }
}
