//! Requests that are refused for their form: always in the shape of an error.

use nexus_tests::http::Request;
use nexus_tests::{ApiRun, TestBed, bounded, in_bed};
use serde_json::json;

#[tokio::test]
async fn what_is_no_json_is_400_and_what_is_not_sent_as_such_415() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        for path in ["/v1/jobs", "/v1/cases", "/v1/datasets"] {
            let broken = Request::new("POST", path).body("application/json", "{\"");
            let (code, message) = api.send(broken).await.error(400);
            assert_eq!(code, "malformed");
            assert!(message.contains("no JSON"), "{message}");
            let text = Request::new("POST", path).body("text/plain", "{}");
            let (code, message) = api.send(text).await.error(415);
            assert_eq!(code, "media_type");
            assert!(message.contains("application/json"), "{message}");
        }
        let form = "application/x-www-form-urlencoded";
        let posted = Request::new("POST", "/v1/jobs").body(form, "kind=noop");
        api.send(posted).await.error(415);
        assert_eq!(bed.count("jobs", "true").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_method_is_405_and_tells_the_right_ones() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let answer = api.send(Request::new("DELETE", "/v1/jobs")).await;
        assert_eq!(answer.error(405).0, "method");
        let allowed = answer.header("allow").unwrap();
        assert!(allowed.contains("GET") && allowed.contains("POST"));
        let put = Request::json("PUT", "/v1/cases/1", &json!({}));
        let answer = api.send(put).await;
        answer.error(405);
        assert!(answer.header("allow").unwrap().contains("PATCH"));
    })
    .await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413() {
    bounded(async {
        let small = "4KiB".parse().unwrap();
        let bed = TestBed::with(|settings| settings.api.body_bytes_max = small).await;
        let api = ApiRun::start(&bed).await;
        // Far more than a socket's buffers hold: the answer comes while it is being sent.
        for bytes in [5_000, 20_000_000] {
            let padding = "x".repeat(bytes);
            let job = json!({"kind": "noop", "args": {"padding": padding}});
            let (code, message) = api.post("/v1/jobs", &job).await.error(413);
            assert_eq!(code, "too_large");
            assert!(message.contains("api.body_bytes_max"), "{message}");
        }
        assert_eq!(bed.count("jobs", "true").await, 0);
    })
    .await;
}

#[tokio::test]
async fn only_this_machine_is_answered() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let job = json!({"kind": "noop"});
        for host in ["example.org", "127.0.0.1.example.org", "10.0.0.1:8080"] {
            let request = Request::json("POST", "/v1/jobs", &job).host(host);
            assert_eq!(api.send(request).await.error(403).0, "not_local");
        }
        let foreign = Request::json("POST", "/v1/jobs", &job);
        let foreign = foreign.header("Origin", "https://example.org");
        assert_eq!(api.send(foreign).await.error(403).0, "not_local");
        assert_eq!(bed.count("jobs", "true").await, 0);
        let own = Request::json("POST", "/v1/jobs", &job).host("localhost");
        let own = own.header("Origin", "http://localhost:1234");
        api.send(own).await.expect(201);
    })
    .await;
}

#[tokio::test]
async fn a_parameter_that_nobody_knows_is_400() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        for (path, word) in [
            ("/v1/jobs?stat=running", "stat"),
            ("/v1/jobs?state=done", "scheduled"),
            ("/v1/jobs/seven", "no id"),
            ("/v1/jobs?before=x", "before"),
            ("/v1/datasets?case_id=x", "case_id"),
        ] {
            let (code, message) = api.get(path).await.error(400);
            assert_eq!(code, "malformed");
            assert!(message.contains(word), "{path}: {message}");
        }
    })
    .await;
}
