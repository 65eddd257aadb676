//! What a finished load writes into the ledger.

use std::time::Duration;

use chrono::NaiveDate;
use nexus_schema::datasets::{
    CurrencySum, DuplicateCheck, DuplicatePolicy, DuplicateRule, Duplicates, Figures, Loaded,
    RejectCount,
};
use serde_json::json;

use super::decoding::Ended;
use super::keys::KeyReport;
use super::profile::Profile;
use super::text::date::Date;

/// The record of a file read to its end: `sending` is the time spent on COPY,
/// `total` the attempt's whole time. `appends`: the dataset has rows of earlier loads.
pub(super) fn report(
    ended: &Ended,
    profile: &Profile,
    appends: bool,
    sending: Duration,
    total: Duration,
) -> Loaded {
    let summary = &ended.summary;
    let tally = &summary.tally;
    Loaded {
        sha256: summary.sha256.to_string(),
        bytes: count(summary.raw_bytes),
        format: Some(ended.about.format.to_string()),
        compression: Some(ended.about.compression.to_string()),
        encoding: ended
            .about
            .encoding
            .map(|(encoding, _)| encoding.to_string()),
        encoding_basis: ended.about.encoding.map(|(_, basis)| basis.to_string()),
        duplicates: duplicates(profile, summary.keys.as_ref(), appends),
        figures: Figures {
            rows_read: count(tally.rows_read),
            rows_loaded: count(tally.loaded),
            rows_rejected: count(tally.rejected_total()),
            rows_negative: count(tally.negative),
            rows_zero: count(tally.zero),
            date_min: tally.min_date.and_then(calendar),
            date_max: tally.max_date.and_then(calendar),
        },
        timing: json!({
            "read_ms": millis(summary.stages.read),
            "parse_ms": millis(summary.stages.parse),
            "send_ms": millis(sending),
            "total_ms": millis(total),
            "decoded_bytes": summary.decoded_bytes,
        }),
        sums: tally
            .currencies
            .iter()
            .map(|(currency, of)| CurrencySum {
                currency: currency.as_str().to_owned(),
                rows: count(of.count),
                amount_sum: of.sum,
            })
            .collect(),
        rejects: tally
            .rejected
            .iter()
            .map(|(reason, &rows)| RejectCount {
                reason: reason.as_str().to_owned(),
                rows: count(rows),
            })
            .collect(),
        ..Loaded::default()
    }
}

/// Keys counted while a first file was read are enough to keep all rows. Whatever deletes rows, or
/// compares with earlier loads, asks the table.
fn duplicates(
    profile: &Profile,
    counted: Option<&KeyReport>,
    appends: bool,
) -> Option<DuplicateCheck> {
    let counted = counted?;
    let policy = profile.duplicates.policy;
    let key = profile.duplicates.key.iter();
    let key = key.map(|field| field.name().to_owned()).collect();
    if policy != DuplicatePolicy::Keep || appends {
        return Some(DuplicateCheck::Look(DuplicateRule { policy, key }));
    }
    Some(DuplicateCheck::Counted(Duplicates {
        policy,
        key,
        rows: count(counted.duplicate_rows),
        keys: count(counted.keys_repeated),
    }))
}

fn count(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn calendar(date: Date) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(
        i32::from(date.year()),
        date.month().into(),
        date.day().into(),
    )
}
