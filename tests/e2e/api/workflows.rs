//! Workflows asked for over HTTP: submitted, looked at, called off, retried, refused.

use nexus_tests::eventually::SOON;
use nexus_tests::http::Request;
use nexus_tests::{AdvancerRun, ApiRun, WorkerRun, eventually, in_bed};
use serde_json::{Value, json};

/// A job of the tests' own kind; one below zero is refused for good.
fn task(n: i64) -> Value {
    json!({"kind": "test.task", "args": {"n": n}})
}

/// Two jobs, and one over both of them.
fn pair(key: Option<&str>, second: i64) -> Value {
    let mut workflow = json!({
        "name": "pair",
        "jobs": [
            {"name": "first", "enqueue": task(2)},
            {"name": "second", "enqueue": task(second)},
            {"name": "both", "after": ["first", "second"], "enqueue": task(4)},
        ],
    });
    if let Some(key) = key {
        workflow["key"] = json!(key);
    }
    workflow
}

/// A workflow and its nodes once it has ended.
async fn at_its_end(api: &ApiRun, id: i64) -> Value {
    let path = format!("/v1/workflows/{id}");
    eventually("the workflow ends", SOON, async || {
        let shown = api.get(path.clone()).await.expect(200);
        shown["workflow"]["finished_at"]
            .is_string()
            .then_some(shown)
    })
    .await
}

#[tokio::test]
async fn a_workflow_is_submitted_run_and_shown() {
    in_bed(async |bed| {
        let (relay, worker) = (bed.relay(), WorkerRun::answering(bed));
        let (api, _advancer) = (ApiRun::beside(bed, &relay).await, AdvancerRun::start(bed));
        let mut asked = pair(Some("march"), 6);
        asked["on_success"] = task(8);
        let accepted = api.post("/v1/workflows", &asked).await;
        let id = accepted.expect(201)["id"].as_i64().unwrap();
        let path = format!("/v1/workflows/{id}");
        assert_eq!(accepted.header("location"), Some(&*path));
        assert_eq!(accepted.json()["outcome"], "new");

        let shown = at_its_end(&api, id).await;
        let workflow = &shown["workflow"];
        for (field, value) in [
            ("name", json!("pair")),
            ("key", json!("march")),
            ("state", json!("completed")),
            ("jobs", json!(3)),
            ("completed", json!(3)),
            ("unfinished", json!(0)),
            ("round", json!(1)),
            ("created_by", json!("api:anonymous@127.0.0.1")),
        ] {
            assert_eq!(workflow[field], value, "{field} of {workflow}");
        }
        let both = &shown["nodes"][2];
        assert_eq!(
            (&both["name"], &both["before"]),
            (&json!("both"), &json!([0, 1]))
        );
        assert_eq!(
            (&both["state"], &both["needs"]),
            (&json!("completed"), &json!("completed"))
        );
        assert!(
            both["started_at"].is_string() && both["finished_at"].is_string(),
            "{both}"
        );

        // A job of it says so, and what it called does.
        let job = api
            .get(format!("/v1/jobs/{}", both["job_id"]))
            .await
            .expect(200);
        assert_eq!(
            (&job["workflow_id"], &job["workflow_node"]),
            (&json!(id), &json!(2))
        );
        assert_eq!(job["workflow"]["name"], "pair");
        assert_eq!(job["workflow"]["node"], "both");
        let called = api
            .get(format!("/v1/jobs/{}", workflow["called"][0]))
            .await
            .expect(200);
        assert_eq!(
            (&called["workflow_id"], &called["workflow_node"]),
            (&json!(id), &Value::Null)
        );
        assert!(called["workflow"].get("node").is_none(), "{called}");

        let again = api.post("/v1/workflows", &asked).await;
        assert_eq!(again.expect(200), json!({"id": id, "outcome": "existing"}));
        for verb in ["retry", "cancel"] {
            let (code, _) = api
                .send(Request::new("POST", format!("{path}/{verb}")))
                .await
                .error(409);
            assert_eq!(code, "conflict");
        }
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_waits_says_for_what_and_is_called_off_with_its_workflow() {
    in_bed(async |bed| {
        let (api, _advancer) = (ApiRun::start(bed).await, AdvancerRun::start(bed));
        let id = api.post("/v1/workflows", &pair(None, 6)).await.expect(201)["id"].as_i64().unwrap();
        let path = format!("/v1/workflows/{id}");
        let shown = api.get(path.clone()).await.expect(200);
        assert_eq!(shown["nodes"][0]["state"], "available");
        assert_eq!(shown["nodes"][2]["state"], "waiting");
        let job = |node: usize| shown["nodes"][node]["job_id"].clone();
        let waiting = api.get(format!("/v1/jobs/{}", job(2))).await.expect(200);
        assert_eq!((&waiting["parked"], &waiting["parked_on"]), (&json!("workflow"), &json!(id.to_string())));
        assert_eq!(
            waiting["workflow"],
            json!({
                "name": "pair", "node": "both", "waits_for_count": 2,
                "waits_for": [{"name": "first", "job_id": job(0)}, {"name": "second", "job_id": job(1)}],
            })
        );
        let asked = json!({"reason": "the wrong month"});
        let off = api.post(&format!("{path}/cancel"), &asked).await.expect(200);
        assert_eq!(off["called_off_by"], "api:anonymous@127.0.0.1");
        let ended = at_its_end(&api, id).await;
        assert_eq!(ended["workflow"]["state"], "cancelled");
        assert_eq!(ended["workflow"]["reason"], "the wrong month");
        assert_eq!(ended["workflow"]["cancelled"], 3);
        for verb in ["cancel", "retry"] {
            let none = Request::new("POST", format!("/v1/workflows/404/{verb}"));
            let (code, message) = api.send(none).await.error(404);
            assert_eq!((&*code, &*message), ("not_found", "no workflow 404"));
        }
        api.get("/v1/workflows/404").await.error(404);
    })
    .await;
}

#[tokio::test]
async fn what_failed_is_run_again_and_its_dead_letter_is_not_replayed_singly() {
    in_bed(async |bed| {
        let (relay, worker) = (bed.relay(), WorkerRun::answering(bed));
        let (api, _advancer) = (ApiRun::beside(bed, &relay).await, AdvancerRun::start(bed));
        let id = api.post("/v1/workflows", &pair(None, -1)).await.expect(201)["id"]
            .as_i64()
            .unwrap();
        let failed = at_its_end(&api, id).await;
        assert_eq!(failed["workflow"]["state"], "failed");
        let states: Vec<&str> = failed["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|n| n["state"].as_str().unwrap())
            .collect();
        assert_eq!(states, ["completed", "discarded", "cancelled"]);

        let dead = &failed["nodes"][1]["job_id"];
        let refused = api
            .post(&format!("/v1/dead/{dead}/replay"), &json!({}))
            .await
            .error(409);
        assert!(
            refused.1.contains(&format!("nexus workflows retry {id}")),
            "{refused:?}"
        );

        let retry = Request::new("POST", format!("/v1/workflows/{id}/retry"));
        let again = api.send(retry).await.expect(200);
        assert_eq!(
            (&again["round"], &again["unfinished"]),
            (&json!(2), &json!(2))
        );
        let second = at_its_end(&api, id).await;
        assert_eq!(second["workflow"]["round"], 2);
        assert_eq!(second["nodes"][0]["job_id"], failed["nodes"][0]["job_id"]);
        assert_ne!(second["nodes"][1]["job_id"], failed["nodes"][1]["job_id"]);
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_wrong_workflow_is_told_by_its_place_and_nothing_of_it_is_there() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let node =
            |name: &str, after: &[&str]| json!({"name": name, "after": after, "enqueue": task(2)});
        let with = |jobs: Value| json!({"name": "w", "jobs": jobs});
        for (asked, told) in [
            (with(json!([])), "a workflow has at least one job"),
            (
                with(json!([node("a", &["b"])])),
                r#""jobs[0].after[0]": no job is called "b""#,
            ),
            (
                with(json!([node("a", &["b"]), node("b", &["a"])])),
                r#"in a circle: "a" after "b" after "a""#,
            ),
            (with(json!([node("", &[])])), "job name \"\" is not allowed"),
            (
                with(json!([{"name": "a", "enqueue": {"kind": "noop", "unique": true}}])),
                "job \"a\" has a unique key",
            ),
            (
                with(json!([{"name": "a", "enqueue": {"kind": "process_dataset", "args": {}}}])),
                "\"jobs[0].enqueue.args\"",
            ),
        ] {
            let (code, message) = api.post("/v1/workflows", &asked).await.error(422);
            assert_eq!(code, "invalid");
            assert!(message.contains(told), "{told}: {message}");
        }
        api.send(Request::new("POST", "/v1/workflows").body("application/json", "{"))
            .await
            .error(400);
        api.get("/v1/workflows?state=done").await.error(400);
        assert_eq!(bed.count("jobs", "true").await, 0);
        assert_eq!(bed.count("workflows", "true").await, 0);
    })
    .await;
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        for (name, tenant) in [("a", 1), ("b", 1), ("a", 1), ("c", 1)] {
            let asked = json!({"name": name, "tenant_id": tenant, "jobs": [{"name": "n", "enqueue": task(2)}]});
            api.post("/v1/workflows", &asked).await.expect(201);
        }
        let ids = |page: &Value| -> Vec<i64> {
            let all = page["workflows"].as_array().unwrap().iter();
            all.map(|workflow| workflow["id"].as_i64().unwrap()).collect()
        };
        let page = api.get("/v1/workflows?limit=3").await;
        assert_eq!(ids(&page.expect(200)), [4, 3, 2]);
        assert!(page.header("link").unwrap().contains("before=2"));
        assert_eq!(ids(&api.get("/v1/workflows?limit=3&before=2").await.expect(200)), [1]);
        assert_eq!(ids(&api.get("/v1/workflows?name=a&tenant_id=1").await.expect(200)), [3, 1]);
        assert_eq!(ids(&api.get("/v1/workflows?state=running&name=c").await.expect(200)), [4]);
        assert!(ids(&api.get("/v1/workflows?state=failed").await.expect(200)).is_empty());
    })
    .await;
}
