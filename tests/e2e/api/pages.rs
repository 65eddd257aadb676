//! Lists: whole over their pages, each entry once, and filtered.

use nexus_jobs::{NewJob, QueueName};
use nexus_tests::bed::noop;
use nexus_tests::tasks::{Task, many};
use nexus_tests::{ApiRun, in_bed};
use serde_json::{Value, json};

/// The ids of all pages, a list a page, by following their links.
async fn followed(api: &ApiRun, start: &str, entries: &str) -> Vec<Vec<i64>> {
    let mut pages = Vec::new();
    let mut path = Some(start.to_owned());
    while let Some(asked) = path {
        let answer = api.get(asked).await;
        let page = answer.expect(200);
        let ids = page[entries].as_array().unwrap().iter();
        pages.push(ids.map(|entry| entry["id"].as_i64().unwrap()).collect());
        path = answer.header("link").map(|link| {
            let (target, rest) = link.strip_prefix('<').unwrap().split_once('>').unwrap();
            assert_eq!(rest, "; rel=\"next\"");
            let next = page["next"].as_i64().unwrap();
            assert!(target.contains(&format!("before={next}")), "{target}");
            target.to_owned()
        });
        assert_eq!(path.is_none(), page["next"] == Value::Null);
    }
    pages
}

#[tokio::test]
async fn every_job_is_on_one_page_the_newest_first() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let mut all: Vec<i64> = bed.enqueue_noops(25).await.iter().map(|id| id.0).collect();
        all.reverse();
        let pages = followed(&api, "/v1/jobs?limit=10", "jobs").await;
        let sizes: Vec<usize> = pages.iter().map(Vec::len).collect();
        assert_eq!(sizes, [10, 10, 5]);
        assert_eq!(pages.concat(), all);
        let filtered = followed(&api, "/v1/jobs?limit=7&state=available&kind=noop", "jobs").await;
        assert_eq!(filtered.concat(), all);
        assert_eq!(followed(&api, "/v1/jobs", "jobs").await.concat(), all);
    })
    .await;
}

#[tokio::test]
async fn jobs_are_filtered_by_each_of_their_marks() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let mut special = noop().after(std::time::Duration::from_hours(1));
        special.queue = QueueName::new("special").unwrap();
        special.tags = vec!["a b&c".to_owned(), "other".to_owned()];
        let special = bed.enqueue(&[special]).await[0].0;
        let tasks: Vec<NewJob> = many(2, |n| Task { n });
        bed.enqueue(&tasks).await;
        bed.enqueue_noops(3).await;
        for (query, found) in [
            ("state=scheduled", 1),
            ("state=available", 5),
            ("state=scheduled,available", 6),
            ("state=completed", 0),
            ("kind=test.task", 2),
            ("kind=none", 0),
            ("queue=special", 1),
            ("queue=noop&kind=noop", 3),
            ("tag=a%20b%26c", 1),
            ("tag=a", 0),
            ("tenant_id=1", 6),
            ("tenant_id=2", 0),
            ("queue=special&state=available", 0),
        ] {
            let path = format!("/v1/jobs?{query}");
            let jobs = api.get(path).await.expect(200)["jobs"].clone();
            assert_eq!(jobs.as_array().unwrap().len(), found, "{query}");
            if found == 1 {
                assert_eq!(jobs[0]["id"], special, "{query}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_size_out_of_range_is_400() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let above = bed.settings().api.page_max + 1;
        for list in [
            "/v1/jobs",
            "/v1/cases",
            "/v1/datasets",
            "/v1/datasets/1/rejects",
        ] {
            for limit in [0, above] {
                let answer = api.get(format!("{list}?limit={limit}")).await;
                let (code, message) = answer.error(400);
                assert_eq!(code, "malformed");
                assert!(message.contains("api.page_max"), "{message}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn every_case_is_on_one_page() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let mut all = Vec::new();
        for n in 0..5 {
            let case = json!({"name": format!("case {n}"), "examiner": "R. Vance"});
            let opened = api.post("/v1/cases", &case).await.expect(201);
            all.insert(0, opened["id"].as_i64().unwrap());
        }
        let pages = followed(&api, "/v1/cases?limit=2", "cases").await;
        assert_eq!(pages.concat(), all);
    })
    .await;
}
