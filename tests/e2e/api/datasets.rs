//! Datasets asked for by the path of a file, and what is shown of them.

use nexus_handlers::generate::Expected;
use nexus_jobs::JobId;
use nexus_tests::http::Request;
use nexus_tests::loads::{CANONICAL, generated};
use nexus_tests::{ApiRun, TestBed, WorkerRun, in_bed};
use serde_json::{Value, json};

/// The answer to a dataset's page once its load, which was accepted, has ended.
pub(super) async fn loaded(bed: &TestBed, api: &ApiRun, accepted: &Value) -> Value {
    bed.end_of(JobId(accepted["job_id"].as_i64().unwrap()))
        .await;
    let dataset = accepted["dataset_id"].as_i64().unwrap();
    let shown = api.get(format!("/v1/datasets/{dataset}")).await.expect(200);
    assert_eq!(shown["state"], "loaded", "{shown}");
    shown
}

/// A dataset's page says what a generated file holds.
pub(super) fn holds(shown: &Value, expected: &Expected) {
    for (field, rows) in [
        ("rows_read", expected.rows),
        ("rows_loaded", expected.loaded),
        ("rows_rejected", expected.rows - expected.loaded),
    ] {
        assert_eq!(shown[field], rows, "{field} of {shown}");
    }
    let sums = shown["sums"].as_array().unwrap();
    assert_eq!(sums.len(), expected.currencies.len());
    for (sum, (currency, tally)) in sums.iter().zip(&expected.currencies) {
        assert_eq!(sum["currency"], currency.to_string());
        assert_eq!(sum["rows"], tally.count);
        assert_eq!(sum["amount_sum"], json!(tally.sum));
    }
    let rejects = shown["rejects"].as_array().unwrap().iter();
    let rejects = rejects.map(|reject| {
        let reason = reject["reason"].as_str().unwrap().to_owned();
        (reason, reject["rows"].as_u64().unwrap())
    });
    let mut rejects: Vec<_> = rejects.collect();
    rejects.sort();
    let seeded = expected.rejected.iter();
    let mut seeded: Vec<_> = seeded.map(|(why, rows)| (why.to_string(), *rows)).collect();
    seeded.sort();
    assert_eq!(rejects, seeded);
}

#[tokio::test]
async fn a_file_of_an_allowed_directory_is_loaded_and_shown() {
    in_bed(async |bed| {
        let (relay, worker) = (bed.relay(), WorkerRun::start(bed));
        let api = ApiRun::beside(bed, &relay).await;
        let (bytes, expected) = generated(2_000, 7, 20);
        let path = bed.data_file("in.csv", &bytes);
        let case = bed.open_case().await;
        let load = json!({"case_id": case.0, "path": path, "profile": CANONICAL, "name": "March"});
        let answer = api.post("/v1/datasets", &load).await;
        let accepted = answer.expect(202);
        let location = format!("/v1/datasets/{}", accepted["dataset_id"]);
        assert_eq!(answer.header("location"), Some(&*location));
        let shown = loaded(bed, &api, &accepted).await;
        holds(&shown, &expected);
        assert_eq!(shown["name"], "March");
        assert_eq!(shown["bytes"], bytes.len());
        assert_eq!(shown["profile_name"], CANONICAL);
        assert_eq!(shown["created_by"], "api:anonymous@127.0.0.1");

        let of_case = format!("/v1/datasets?case_id={}", case.0);
        let list = api.get(of_case).await.expect(200)["datasets"].clone();
        assert_eq!(list[0]["id"], accepted["dataset_id"]);
        assert_eq!(list.as_array().unwrap().len(), 1);
        let none = api.get("/v1/datasets?case_id=404").await.expect(200);
        assert_eq!(none["datasets"], json!([]));
        rejects_are_paged(&api, &location, &expected).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_file_is_appended_and_the_whole_shown() {
    in_bed(async |bed| {
        let (relay, worker) = (bed.relay(), WorkerRun::start(bed));
        let api = ApiRun::beside(bed, &relay).await;
        let case = bed.open_case().await.0;
        let (bytes, _) = generated(500, 1, 0);
        let first =
            json!({"case_id": case, "path": bed.data_file("1.csv", bytes), "profile": CANONICAL});
        let first = api.post("/v1/datasets", &first).await.expect(202);
        loaded(bed, &api, &first).await;
        let dataset = &first["dataset_id"];
        let (bytes, _) = generated(300, 2, 0);
        let fields = [
            ("dataset_id", &*dataset.to_string()),
            ("profile", CANONICAL),
        ];
        let second = Request::form("/v1/datasets", &fields, ("2.csv", &bytes));
        let second = api.send(second).await.expect(202);
        assert_eq!(&second["dataset_id"], dataset);
        let shown = loaded(bed, &api, &second).await;
        assert_eq!(
            (&shown["rows_loaded"], &shown["job_id"]),
            (&json!(800), &second["job_id"])
        );
        assert_eq!(shown["name"], "1.csv");
        let quality = api
            .get(format!("/v1/datasets/{dataset}/quality"))
            .await
            .expect(200);
        let loads = [&first, &second].map(|accepted| accepted["load_id"].clone());
        for page in [&shown, &quality] {
            assert_eq!(
                [&page["loads"][0]["id"], &page["loads"][1]["id"]],
                [&loads[0], &loads[1]]
            );
        }
        assert_eq!(quality["dataset"]["rows_read"], 800);
        let columns = quality["columns"].as_array().unwrap();
        assert_eq!(columns.len(), 16);
        assert!(columns.iter().all(|column| column["rows"] == 800));
        api.get("/v1/datasets/404/quality").await.error(404);

        let path = bed.data_file("3.csv", generated(10, 3, 0).0);
        let expenses = json!({"dataset_id": dataset, "path": path, "profile": "generic-expenses"});
        let (_, message) = api.post("/v1/datasets", &expenses).await.error(409);
        assert!(message.contains("holds transactions"), "{message}");
        for (field, value) in [("case_id", json!(case)), ("name", json!("x"))] {
            let mut both = json!({"dataset_id": dataset, "path": path, "profile": CANONICAL});
            both[field] = value;
            let (_, message) = api.post("/v1/datasets", &both).await.error(422);
            assert!(message.contains(field), "{message}");
        }
        let neither = json!({"path": path, "profile": CANONICAL});
        let (_, message) = api.post("/v1/datasets", &neither).await.error(422);
        assert!(message.contains("case_id"), "{message}");
        worker.stop().await;
    })
    .await;
}

async fn rejects_are_paged(api: &ApiRun, dataset: &str, expected: &Expected) {
    let mut lines = Vec::new();
    let mut path = Some(format!("{dataset}/rejects?limit=7"));
    while let Some(asked) = path {
        let answer = api.get(asked).await;
        let page = answer.expect(200);
        for reject in page["rejects"].as_array().unwrap() {
            assert!(!reject["raw"].as_str().unwrap().is_empty(), "{reject}");
            lines.push(reject["line_no"].as_i64().unwrap());
        }
        let link = answer.header("link");
        path = link.map(|link| {
            let target = link.strip_prefix('<').unwrap().split_once('>');
            target.unwrap().0.to_owned()
        });
    }
    let rejected = usize::try_from(expected.rows - expected.loaded).unwrap();
    assert_eq!(lines.len(), rejected);
    assert!(lines.is_sorted_by(|a, b| a < b), "{lines:?}");
    for (reason, rows) in &expected.rejected {
        let path = format!("{dataset}/rejects?limit=500&reason={reason}");
        let found = api.get(path).await.expect(200)["rejects"].clone();
        assert_eq!(found.as_array().unwrap().len() as u64, *rows, "{reason}");
    }
}

#[tokio::test]
async fn a_load_that_cannot_be_is_refused_without_a_trace() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let case = bed.open_case().await.0;
        let data = bed.dir().join("data");
        let good = bed.data_file("in.csv", generated(10, 1, 0).0);
        std::fs::write(bed.dir().join("secret.csv"), "a,b\n").unwrap();
        let load =
            |path: &std::path::Path| json!({"case_id": case, "path": path, "profile": CANONICAL});
        for (path, word) in [
            (bed.dir().join("secret.csv"), "does not lie under"),
            (data.join("../secret.csv"), "does not lie under"),
            ("/etc/passwd".into(), "does not lie under"),
            (data.join("none.csv"), "no such file"),
            (data.clone(), "not a regular file"),
        ] {
            let (code, message) = api.post("/v1/datasets", &load(&path)).await.error(422);
            assert_eq!(code, "invalid");
            assert!(message.contains(word), "{message}");
        }
        let unknown = json!({"case_id": case, "path": good, "profile": "none"});
        let (_, message) = api.post("/v1/datasets", &unknown).await.error(422);
        assert!(message.contains(CANONICAL), "{message}");
        let nowhere = json!({"case_id": 404, "path": good, "profile": CANONICAL});
        api.post("/v1/datasets", &nowhere).await.error(404);
        let field = json!({"case_id": case, "file": good, "profile": CANONICAL});
        api.post("/v1/datasets", &field).await.error(422);
        for table in ["datasets", "jobs"] {
            assert_eq!(bed.count(table, "true").await, 0, "{table}");
        }
    })
    .await;
}
