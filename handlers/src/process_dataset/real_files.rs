//! Files that others made, read by the shipped profiles. They lie outside the repository; where
//! they are absent, the tests say so and pass.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use super::checkpoint::Summary;
use super::chunk::RowScope;
use super::decoder::Decoder;
use super::profile::Profile;
use super::profiles;
use super::settings::DecodeSettings;

/// Where the files are, unless this variable says otherwise.
const VARIABLE: &str = "NEXUS_TEST_SHARED_DATA";
const BESIDE_THE_REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");

fn load(file: &str, profile: &str) -> Option<Summary> {
    let folder = std::env::var_os(VARIABLE).unwrap_or_else(|| BESIDE_THE_REPOSITORY.into());
    let path = PathBuf::from(folder).join(file);
    let Ok(reader) = File::open(&path) else {
        eprintln!("skipped: {} is not there (set {VARIABLE})", path.display());
        return None;
    };
    let profile = Arc::new(Profile::parse(profiles::shipped(profile).unwrap()).unwrap());
    let scope = RowScope {
        tenant_id: 1,
        case_id: 1,
        dataset_id: 1,
        rows_before: 0,
    };
    let mut decoder = Decoder::start(reader, profile, scope, DecodeSettings::default()).unwrap();
    while let Some(chunk) = decoder.next_chunk().unwrap() {
        decoder.recycle(chunk);
    }
    Some(decoder.finish().unwrap())
}

#[test]
fn corporate_payments_are_what_is_known_of_them() {
    let Some(summary) = load("corporate_payments_2010.csv.gz", "corporate-payments") else {
        return;
    };
    let tally = summary.tally;
    assert_eq!(
        (tally.rows_read, tally.loaded, tally.rejected_total()),
        (189_470, 189_470, 0)
    );
    let dollars = tally.currencies[&"USD".parse().unwrap()];
    assert_eq!(dollars.sum.short().to_string(), "490277624.90");
    assert_eq!((tally.negative, tally.zero), (4264, 123));
    assert_eq!(tally.min_date.unwrap().year(), 2010);
    assert_eq!(tally.max_date.unwrap().year(), 2010);
}

#[test]
fn simulated_transfers_load_whole() {
    let file = "amlsim_20k_fanin200_transactions.csv.gz";
    let Some(summary) = load(file, "amlsim-transfers") else {
        return;
    };
    assert_eq!(
        (summary.tally.rows_read, summary.tally.loaded),
        (118_250, 118_250)
    );
}
