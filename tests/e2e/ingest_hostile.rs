//! Files made to do harm, or broken so that they might: a clear error or the good rows beside
//! the rejects, nothing else in the tables, and a worker that goes on with the next file.
//!
//! What a request refuses is in `ingest_requests`, a crash in the middle (Postgres gone, a worker
//! killed, a file changed between attempts) in `ingest_crash`, what no format could be in
//! `ingest_faults`.

use nexus_tests::Loading;

mod bounds;
mod changing;
mod compression;
mod encodings;
mod full_disk;
mod json;
mod lines;
mod parquet_files;
mod paths;
mod stores;
mod values;

/// A profile with a column of each sort that can go wrong.
const PROFILE: &str = r#"
    type = "transactions"
    optional_columns = ["party_name"]
    [columns]
    row_id = "@row"
    date = "date"
    amount = "amount"
    party_name = "name"
"#;

const HEADER: &str = "date,amount,name\n";

/// A worker that takes a file however many of its rows are rejected.
async fn tolerant() -> Loading {
    Loading::with(|settings| settings.datasets.reject_share_max = 1.0).await
}

/// Loads what has good rows and bad ones. Returns the rows, then the rejects.
async fn loaded(loading: &Loading, name: &str, bytes: impl AsRef<[u8]>) -> String {
    loaded_by(loading, name, bytes, PROFILE).await
}

async fn loaded_by(
    loading: &Loading,
    name: &str,
    bytes: impl AsRef<[u8]>,
    profile: &str,
) -> String {
    let ended = loading.loads(name, bytes, profile).await;
    let about = &ended.dataset.dataset;
    let bed = loading.bed();
    let rows = bed.stored("transactions", about.id).await;
    let found = i64::try_from(rows.lines().count()).ok();
    assert_eq!(found, Some(about.rows_loaded), "the report and the table");
    assert_eq!(about.rows_read, about.rows_loaded + about.rows_rejected);
    let rejects = bed.rejected(&ended).await;
    loading.still_loads().await;
    format!("{rows}\n---\n{rejects}")
}

/// An error without the numbers that a version of a compressor decides.
fn unnumbered(error: &str) -> String {
    let mut text = String::new();
    let mut digits = String::new();
    for c in error.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        let number = std::mem::take(&mut digits);
        text.push_str(if number.len() > 3 { "N" } else { &number });
        text.push(c);
    }
    text.trim_end_matches('\0').to_owned()
}
