//! Metrics, read as Prometheus reads them.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use nexus_tests::bed::noop;
use nexus_tests::eventually::SOON;
use nexus_tests::{ApiRun, eventually, in_bed};
use serde_json::json;

/// The samples by their name and labels, and the families' types by their name.
#[derive(Debug, Default)]
pub(super) struct Scrape {
    pub(super) samples: BTreeMap<String, f64>,
    types: BTreeMap<String, String>,
}

/// Reads the text format of `OpenMetrics`; panics at the first line that is none of it.
fn read(text: &str) -> Scrape {
    let mut scrape = Scrape::default();
    let body = text.strip_suffix("# EOF\n").expect("an end");
    for line in body.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let words: Vec<&str> = comment.splitn(3, ' ').collect();
            let [what, family, rest] = words[..] else {
                panic!("{line}")
            };
            assert!(["HELP", "TYPE", "UNIT"].contains(&what), "{line}");
            if what == "TYPE" {
                let known = scrape.types.insert(family.to_owned(), rest.to_owned());
                assert!(known.is_none(), "twice: {line}");
            }
            continue;
        }
        let (series, value) = line.rsplit_once(' ').expect("a value");
        let name = series.split('{').next().unwrap_or_default();
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        assert!(
            name.starts_with("nexus_") && name.chars().all(allowed),
            "{line}"
        );
        assert_eq!(series.contains('{'), series.ends_with('}'), "{line}");
        let value = value.parse().expect("a number");
        let known = scrape.samples.insert(series.to_owned(), value);
        assert!(known.is_none(), "twice: {line}");
    }
    scrape
}

pub(super) async fn scrape(api: &ApiRun) -> Scrape {
    let answer = api.get("/metrics").await;
    assert_eq!(answer.status, 200);
    let kind = answer.header("content-type").unwrap();
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    read(answer.text())
}

#[tokio::test]
async fn metrics_count_what_happened() {
    in_bed(async |bed| {
        let relay = bed.relay();
        let api = ApiRun::beside(bed, &relay).await;
        let three = json!([{"kind": "noop"}, {"kind": "noop"}, {"kind": "noop"}]);
        api.post("/v1/jobs", &three).await.expect(201);
        bed.enqueue(&[noop().after(Duration::from_hours(1))]).await;
        api.get("/v1/jobs/404").await.error(404);
        api.get("/v1/jobs/405").await.error(404);
        api.get("/no/such/route").await.error(404);
        eventually("the jobs are pushed", SOON, async || {
            let pushed = relay.stats().pushed_ids.load(Ordering::Relaxed);
            (pushed == 3).then_some(())
        })
        .await;
        // The ledger's own mark follows the push.
        eventually("the rows are marked", SOON, async || {
            let marked = bed.count("dispatch", "epoch IS NOT NULL").await;
            (marked > 0).then_some(())
        })
        .await;

        let found = scrape(&api).await;
        for (series, value) in [
            (r#"nexus_jobs{queue="noop",state="available"}"#, 3.0),
            (r#"nexus_jobs{queue="noop",state="scheduled"}"#, 1.0),
            (r#"nexus_dispatch_pushed_ids{queue="noop"}"#, 3.0),
            (r#"nexus_dispatch_waiting_ids{queue="noop"}"#, 1.0),
            ("nexus_relay_pushed_ids_total", 3.0),
            ("nexus_relay_repushed_rows_total", 0.0),
            ("nexus_relay_failing", 0.0),
            ("nexus_ledger_up", 1.0),
            (
                r#"nexus_http_requests_total{route="/v1/jobs",method="POST",status="201"}"#,
                1.0,
            ),
            (
                r#"nexus_http_requests_total{route="/v1/jobs/{id}",method="GET",status="404"}"#,
                2.0,
            ),
            (
                r#"nexus_http_requests_total{route="none",method="GET",status="404"}"#,
                1.0,
            ),
            (
                r#"nexus_http_request_duration_seconds_count{route="/v1/jobs/{id}",method="GET"}"#,
                2.0,
            ),
        ] {
            assert_eq!(
                found.samples.get(series),
                Some(&value),
                "{series}: {found:#?}"
            );
        }
        for (family, kind) in [
            ("nexus_build", "info"),
            ("nexus_dispatch_oldest_due_seconds", "gauge"),
            ("nexus_http_request_duration_seconds", "histogram"),
            ("nexus_http_requests", "counter"),
            ("nexus_jobs", "gauge"),
            ("nexus_postgres_pool_connections", "gauge"),
            ("nexus_process_resident_memory_bytes", "gauge"),
            ("nexus_relay_failures", "counter"),
        ] {
            assert_eq!(
                found.types.get(family).map(String::as_str),
                Some(kind),
                "{family}"
            );
        }
        let again = scrape(&api).await;
        let own = r#"nexus_http_requests_total{route="/metrics",method="GET",status="200"}"#;
        assert_eq!(again.samples.get(own), Some(&1.0));
    })
    .await;
}
