//! Rows that repeat a natural key, by policy, within a file and from file to file.

use diesel_async::AsyncConnection;
use nexus_jobs::{CaseId, DatasetId, JobId, LoadId};
use nexus_schema::Error;
use nexus_schema::copy::encode::BinaryRows;
use nexus_schema::copy::{ChunkToLoad, LeafRows, Loaders};
use nexus_schema::datasets::{
    self, ColumnStatistics, DatasetDetail, DuplicateCheck, DuplicatePolicy, DuplicateRule, Figures,
    Loaded, NewDataset, NewLoad, Started, StartedLoad,
};
use nexus_schema::datasets::{CurrencySum, RejectCount};
use nexus_tests::bed::actor;
use nexus_tests::{Claimant, TestBed, in_bed};

/// Party, day of January 2024, amount. The key is the party and the day.
type Row<'a> = (Option<&'a str>, u32, i64);

fn new(type_: &str) -> NewLoad {
    NewLoad {
        type_: type_.into(),
        source: "/nowhere".into(),
        profile_name: "none".into(),
        profile: String::new(),
        forced: false,
    }
}

/// Writes a load's row and starts it.
async fn start(bed: &TestBed, into: Option<DatasetId>, type_: &str) -> (LoadId, StartedLoad) {
    let case = bed.open_case().await;
    let mut conn = bed.conn().await;
    let created = match into {
        Some(dataset) => datasets::append(&mut conn, dataset, &new(type_), &actor()).await,
        None => {
            let dataset = NewDataset {
                case: CaseId(case.0),
                name: "made".into(),
            };
            datasets::create(&mut conn, &dataset, &new(type_), &actor()).await
        }
    };
    let load = created.unwrap().load;
    // No job is attached, so any may run it.
    match datasets::start(&mut conn, load, JobId(1)).await.unwrap() {
        Started::Go(started) => (load, *started),
        other => panic!("{other:?}"),
    }
}

/// Loads rows without a currency under a policy, and returns what then stands.
async fn load(
    bed: &TestBed,
    into: Option<DatasetId>,
    policy: DuplicatePolicy,
    rows: &[Row<'_>],
) -> DatasetDetail {
    let (load, started) = start(bed, into, "transactions").await;
    bed.execute("SELECT nexus.month_leaf('transactions', '2024-01-01')")
        .await;
    for (index, (party, day, amount)) in rows.iter().enumerate() {
        let row_no = started.rows_before + 1 + i64::try_from(index).unwrap();
        let party = party.map_or("NULL".to_owned(), |party| format!("'{party}'"));
        bed.execute(&format!(
            "INSERT INTO nexus.transactions (tenant_id, case_id, dataset_id, row_no, row_id, date, \
             amount, party_id) VALUES ({}, {}, {}, {row_no}, 'r', '2024-01-{day:02}', {amount}, {party})",
            started.tenant_id, started.case_id, started.dataset
        ))
        .await;
    }
    let loaded = report(load, policy, rows);
    let mut conn = bed.conn().await;
    let finished =
        conn.transaction::<_, Error, _>(async |conn| datasets::finish(conn, load, &loaded).await);
    finished.await.unwrap();
    bed.dataset(started.dataset).await
}

/// What a file of such rows is known to hold before duplicates are looked for.
fn report(load: LoadId, policy: DuplicatePolicy, rows: &[Row<'_>]) -> Loaded {
    let count = i64::try_from(rows.len()).unwrap();
    let day = |day: u32| chrono::NaiveDate::from_ymd_opt(2024, 1, day);
    let of = |wanted: &dyn Fn(i64) -> bool| {
        i64::try_from(rows.iter().filter(|row| wanted(row.2)).count()).unwrap()
    };
    let sum: i64 = rows.iter().map(|row| row.2).sum();
    Loaded {
        sha256: format!("{load}"),
        bytes: 1,
        figures: Figures {
            rows_read: count,
            rows_loaded: count,
            rows_rejected: 0,
            rows_negative: of(&|amount| amount < 0),
            rows_zero: of(&|amount| amount == 0),
            date_min: rows.iter().map(|row| row.1).min().and_then(day),
            date_max: rows.iter().map(|row| row.1).max().and_then(day),
        },
        sums: vec![CurrencySum {
            currency: String::new(),
            rows: count,
            amount_sum: format!("{sum}.0000").parse().unwrap(),
        }],
        duplicates: Some(DuplicateCheck::Look(DuplicateRule {
            policy,
            key: vec!["party_id".into(), "description".into(), "date".into()],
        })),
        ..Loaded::default()
    }
}

/// The dataset's figures agree with its rows, which are these: their numbers and amounts.
async fn stands(bed: &TestBed, found: &DatasetDetail, rows: &[(i64, i64)]) {
    let of = format!("dataset_id = {}", found.dataset.id);
    for (row_no, amount) in rows {
        let row = format!("{of} AND row_no = {row_no} AND amount = {amount}");
        assert_eq!(bed.count("transactions", &row).await, 1, "{row}");
    }
    let count = i64::try_from(rows.len()).unwrap();
    let there = bed.rows(DatasetId(found.dataset.id)).await;
    assert_eq!((there.rows, found.dataset.rows_loaded), (count, count));
    let [sum] = &found.sums[..] else {
        panic!("{:?}", found.sums)
    };
    assert_eq!((sum.rows, sum.amount_sum), (count, there.sum));
    let about = &found.dataset;
    for (condition, told) in [
        ("amount < 0", about.rows_negative),
        ("amount = 0", about.rows_zero),
    ] {
        let rows = format!("{of} AND {condition}");
        let counted = bed.count("transactions", &rows).await;
        assert_eq!(counted, told, "{condition}");
    }
    for (edge, told) in [("min", about.date_min), ("max", about.date_max)] {
        let condition = format!("d = '{}'", told.unwrap());
        let relation =
            format!("(SELECT {edge}(date) AS d FROM nexus.transactions WHERE {of}) AS e");
        assert_eq!(bed.count_in(&relation, &condition).await, 1, "{edge}");
    }
}

/// Rows and keys that repeat, as the newest load has them.
fn found(detail: &DatasetDetail) -> (i64, i64) {
    let duplicates = detail.loads.last().unwrap().duplicates.as_ref().unwrap();
    (duplicates.rows, duplicates.keys)
}

const FIRST: &[Row<'static>] = &[
    (Some("a"), 1, 10),
    (Some("b"), 2, -20),
    (Some("a"), 1, 30),
    (None, 2, 5),
    (None, 2, 0),
    (Some(""), 2, 7),
];
const SECOND: &[Row<'static>] = &[
    (Some("c"), 3, 1),
    (Some("b"), 2, -2),
    (Some("c"), 3, 3),
    (Some("a"), 4, 4),
];

#[tokio::test]
async fn keep_counts_and_leaves_all() {
    in_bed(async |bed| {
        let first = load(bed, None, DuplicatePolicy::Keep, FIRST).await;
        assert_eq!(found(&first), (2, 2));
        let dataset = Some(DatasetId(first.dataset.id));
        let second = load(bed, dataset, DuplicatePolicy::Keep, SECOND).await;
        assert_eq!(found(&second), (2, 2));
        let all: Vec<(i64, i64)> = (1..)
            .zip(FIRST.iter().chain(SECOND).map(|row| row.2))
            .collect();
        stands(bed, &second, &all).await;
        assert_eq!(bed.count("dataset_rejects", "true").await, 0);
    })
    .await;
}

#[tokio::test]
async fn reject_keeps_the_first_of_a_key() {
    in_bed(async |bed| {
        let first = load(bed, None, DuplicatePolicy::Reject, FIRST).await;
        assert_eq!(found(&first), (2, 2));
        stands(bed, &first, &[(1, 10), (2, -20), (4, 5), (6, 7)]).await;
        let id = DatasetId(first.dataset.id);
        let second = load(bed, Some(id), DuplicatePolicy::Reject, SECOND).await;
        assert_eq!(found(&second), (2, 2));
        let left = [(1, 10), (2, -20), (4, 5), (6, 7), (7, 1), (10, 4)];
        stands(bed, &second, &left).await;
        let about = &second.dataset;
        assert_eq!((about.rows_read, about.rows_rejected), (10, 4));
        let [RejectCount { reason, rows: 4 }] = &second.rejects[..] else {
            panic!("{:?}", second.rejects)
        };
        assert_eq!(reason, "duplicate_key");
        let append = &second.loads[1];
        assert_eq!((append.rows_loaded, append.rows_rejected), (2, 2));
        assert_eq!((append.rows_negative, append.rows_before), (0, Some(6)));

        let page = datasets::rejects(&mut *bed.conn().await, id, None, 0, 10).await;
        let page = page.unwrap().rejects;
        let rejected: Vec<_> = page.iter().map(|one| (one.row_no, &*one.raw)).collect();
        let wanted = [
            (3, "a,,2024-01-01"),
            (5, ",,2024-01-02"),
            (8, "b,,2024-01-02"),
            (9, "c,,2024-01-03"),
        ];
        assert_eq!(rejected, wanted);
        assert!(
            page.iter()
                .all(|one| one.line_no == 0 && one.reason == "duplicate_key")
        );
    })
    .await;
}

#[tokio::test]
async fn replace_keeps_the_last_of_a_key() {
    in_bed(async |bed| {
        let first = load(bed, None, DuplicatePolicy::Replace, FIRST).await;
        assert_eq!(found(&first), (2, 2));
        stands(bed, &first, &[(2, -20), (3, 30), (5, 0), (6, 7)]).await;
        let dataset = Some(DatasetId(first.dataset.id));
        let second = load(bed, dataset, DuplicatePolicy::Replace, SECOND).await;
        assert_eq!(found(&second), (2, 2));
        let left = [(3, 30), (5, 0), (6, 7), (8, -2), (9, 3), (10, 4)];
        stands(bed, &second, &left).await;
        let about = &second.dataset;
        assert_eq!((about.rows_read, about.rows_rejected), (10, 0));
        assert_eq!(second.loads[1].rows_loaded, 3);
        assert_eq!(bed.count("dataset_rejects", "true").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_key_that_is_all_null_is_no_key() {
    in_bed(async |bed| {
        for policy in [
            DuplicatePolicy::Reject,
            DuplicatePolicy::Replace,
            DuplicatePolicy::Keep,
        ] {
            let (load, started) = start(bed, None, "calendars").await;
            for row_no in 1..=3 {
                bed.execute(&format!(
                    "INSERT INTO nexus.calendars VALUES (1, {}, {}, {row_no}, 'r', 'holiday')",
                    started.case_id, started.dataset
                ))
                .await;
            }
            let mut loaded = report(load, policy, &[]);
            loaded.sums.clear();
            loaded.figures.rows_loaded = 3;
            loaded.duplicates = Some(DuplicateCheck::Look(DuplicateRule {
                policy,
                key: vec!["name".into(), "approver".into()],
            }));
            let mut conn = bed.conn().await;
            let finished = conn.transaction::<_, Error, _>(async |conn| {
                datasets::finish(conn, load, &loaded).await
            });
            finished.await.unwrap();
            let detail = bed.dataset(started.dataset).await;
            assert_eq!(found(&detail), (0, 0));
            assert_eq!(detail.dataset.rows_loaded, 3);
        }
    })
    .await;
}

fn column(field: &str, rows: i64) -> ColumnStatistics {
    ColumnStatistics {
        field: field.into(),
        position: 1,
        rows,
        nulls: 0,
        distinct_estimate: rows,
        distinct_is_exact: true,
        length_min: Some(1),
        length_max: None,
        value_min: None,
        value_max: Some("z".into()),
        top: serde_json::json!([]),
        sketch: vec![1, 2, 3],
    }
}

/// A load into a table that has no partitions: rows, statistics, and none of it once it fails.
#[tokio::test]
async fn parties_load_into_their_table_itself() {
    in_bed(async |bed| {
        bed.enqueue_noops(1).await;
        let claimed = Claimant::fleeting().claim_all(&mut *bed.conn().await).await;
        let (load, started) = start(bed, None, "parties").await;
        let mut rows = BinaryRows::new(Vec::new());
        rows.row(12);
        for id in [started.tenant_id, started.case_id, started.dataset.0, 1] {
            rows.int8(id);
        }
        for text in ["r1", "vendor", "V7"] {
            rows.text(text);
        }
        (0..5).for_each(|_| rows.null());
        let mut loader = Loaders::new(&bed.settings().postgres)
            .connect()
            .await
            .unwrap();
        let chunk = ChunkToLoad {
            table: "parties",
            leaves: vec![LeafRows {
                month: None,
                bytes: rows.finish().into(),
            }],
            rejects: None,
            load,
            checkpoint: r#"{"tally": {"rows_read": 1, "loaded": 1}}"#.into(),
            job: claimed.jobs[0].job_id(),
            token: claimed.token,
        };
        loader.load(chunk).await.unwrap();
        let found = bed.dataset(started.dataset).await.dataset;
        assert_eq!((&*found.state, found.rows_loaded), ("loading", 1));
        assert_eq!(bed.count("parties", "party_id = 'V7'").await, 1);

        let mut conn = bed.conn().await;
        for columns in [
            vec![column("role", 1), column("party_id", 1)],
            vec![column("role", 2)],
        ] {
            datasets::write_columns(&mut conn, started.dataset, &columns)
                .await
                .unwrap();
            let read = datasets::columns(&mut conn, started.dataset).await.unwrap();
            assert_eq!(read.len(), columns.len());
            assert!(columns.iter().all(|column| read.contains(column)));
        }
        datasets::fail(&mut conn, load, None, "no more")
            .await
            .unwrap();
        let found = bed.dataset(started.dataset).await.dataset;
        assert_eq!((&*found.state, found.rows_loaded), ("failed", 0));
        assert_eq!(bed.count("parties", "true").await, 0);
    })
    .await;
}
