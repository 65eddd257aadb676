//! The same rows in every format and compression are the same rows in the table.

use nexus_handlers::generate::Generator;
use nexus_jobs::DatasetId;
use nexus_schema::money::Total;
use nexus_tests::loading::load;
use nexus_tests::loads::{CANONICAL, Ended, gzip, whole_sum};
use nexus_tests::{Loading, bounded};

const GENERATOR: Generator = Generator {
    rows: 10_000,
    seed: 21,
    faults_per_mille: 0,
};

/// What must not depend on the format: counts, sums, dates, what was learnt of the columns.
fn report(ended: &Ended) -> serde_json::Value {
    let about = &ended.dataset.dataset;
    serde_json::json!({
        "rows": [about.rows_read, about.rows_loaded, about.rows_rejected],
        "signs": [about.rows_negative, about.rows_zero],
        "dates": [about.date_min, about.date_max],
        "sums": ended.dataset.sums,
        "duplicates": load(ended).duplicates,
    })
}

#[tokio::test]
async fn every_format_loads_to_the_same_rows() {
    bounded(async {
        let loading = Loading::with(|settings| settings.datasets.chunk_rows = 1500).await;
        let (mut csv, mut lines, mut parquet) = (Vec::new(), Vec::new(), Vec::new());
        let expected = GENERATOR.write(&mut csv).unwrap();
        GENERATOR.write_json_lines(&mut lines).unwrap();
        GENERATOR.write_parquet(&mut parquet).unwrap();
        let zstd = |bytes: &[u8]| zstd::stream::encode_all(bytes, 1).unwrap();
        let files = [
            ("in.csv", csv.clone(), ["csv", "none"]),
            ("in.jsonl", lines.clone(), ["jsonl", "none"]),
            ("in.parquet", parquet, ["parquet", "none"]),
            ("in.csv.gz", gzip(&csv), ["csv", "gzip"]),
            ("in.jsonl.gz", gzip(&lines), ["jsonl", "gzip"]),
            ("in.csv.zst", zstd(&csv), ["csv", "zstd"]),
            ("in.jsonl.zst", zstd(&lines), ["jsonl", "zstd"]),
        ];
        let mut first = None;
        for (name, bytes, told) in files {
            let ended = loading.loads(name, bytes, CANONICAL).await;
            let about = load(&ended);
            let found = [&about.format, &about.compression].map(Option::as_deref);
            assert_eq!(found, told.map(Some), "{name}");
            let id = DatasetId(ended.dataset.dataset.id);
            let rows = loading.bed().rows(id).await;
            assert_eq!((rows.rows, rows.row_numbers), (10_000, 10_000));
            assert_eq!(rows.sum, whole_sum(&expected));
            let mut told = Total::default();
            for sum in &ended.dataset.sums {
                told += sum.amount_sum;
            }
            assert_eq!(told, rows.sum);
            let digest = loading.bed().digest("transactions", id).await;
            let found = (digest, report(&ended), columns(&loading, id).await);
            let first = first.get_or_insert_with(|| found.clone());
            assert_eq!(*first, found, "{name}");
        }
    })
    .await;
}

/// What is kept of a dataset's columns.
async fn columns(loading: &Loading, dataset: DatasetId) -> serde_json::Value {
    let mut conn = loading.bed().conn().await;
    let quality = nexus_schema::datasets::quality(&mut conn, dataset).await;
    let quality = quality.unwrap().unwrap();
    assert!(quality.columns.len() > 5);
    serde_json::to_value(&quality.columns).unwrap()
}
