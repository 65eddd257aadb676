//! Cases: opened, changed, closed.

use nexus_tests::http::{Answer, Request};
use nexus_tests::loads::{CANONICAL, generated};
use nexus_tests::{ApiRun, in_bed};
use serde_json::{Value, json};

async fn change(api: &ApiRun, id: i64, change: Value) -> Answer {
    let path = format!("/v1/cases/{id}");
    api.send(Request::json("PATCH", path, &change)).await
}

#[tokio::test]
async fn a_case_is_opened_changed_and_closed_and_then_takes_no_dataset() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let new = json!({"name": "Invoices", "examiner": "R. Vance"});
        let answer = api.post("/v1/cases", &new).await;
        let case = answer.expect(201);
        let id = case["id"].as_i64().unwrap();
        assert_eq!(answer.header("location"), Some(&*format!("/v1/cases/{id}")));
        assert_eq!(
            (&case["state"], &case["legal_hold"]),
            (&json!("open"), &json!(false))
        );

        let changed = change(&api, id, json!({"examiner": "A. Day", "legal_hold": true})).await;
        let changed = changed.expect(200);
        assert_eq!(changed["examiner"], "A. Day");
        assert_eq!(changed["legal_hold"], true);
        assert_eq!(changed["state"], "open");
        change(&api, id, json!({"state": "closed"}))
            .await
            .expect(200);
        let shown = api.get(format!("/v1/cases/{id}")).await.expect(200);
        assert_eq!(shown["state"], "closed");
        assert_eq!(shown["updated_by"], "api:anonymous@127.0.0.1");

        let path = bed.data_file("in.csv", generated(10, 1, 0).0);
        let load = json!({"case_id": id, "path": path, "profile": CANONICAL});
        let (code, message) = api.post("/v1/datasets", &load).await.error(409);
        assert_eq!(code, "conflict");
        assert!(message.contains("closed"), "{message}");
        assert_eq!(bed.count("datasets", "true").await, 0);
        change(&api, id, json!({"state": "open"})).await.expect(200);
        api.post("/v1/datasets", &load).await.expect(202);
    })
    .await;
}

#[tokio::test]
async fn a_case_that_cannot_be_is_refused() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let new = json!({"name": "Invoices", "examiner": "R. Vance"});
        let id = api.post("/v1/cases", &new).await.expect(201)["id"].clone();
        let (code, message) = api.post("/v1/cases", &new).await.error(409);
        assert_eq!(code, "conflict");
        assert!(message.contains("Invoices"), "{message}");
        let no_name = json!({"name": " ", "examiner": "R. Vance"});
        api.post("/v1/cases", &no_name).await.error(422);
        let elsewhere = json!({"name": "Other", "examiner": "R. Vance", "tenant_id": 99});
        api.post("/v1/cases", &elsewhere).await.error(404);
        let id = id.as_i64().unwrap();
        change(&api, id, json!({"state": "shut"})).await.error(422);
        change(&api, id, json!({"nam": "x"})).await.error(422);
        change(&api, 404, json!({"state": "closed"}))
            .await
            .error(404);
        assert_eq!(bed.count("cases", "state = 'open'").await, 1);
    })
    .await;
}
