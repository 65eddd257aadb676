//! Queues sent through another broker by command and by API, with the real programs beside.

use std::net::SocketAddr;
use std::time::Duration;

use nexus_config::Kafka;
use nexus_tests::binary::Running;
use nexus_tests::eventually::SOON;
use nexus_tests::http::{Answer, Request};
use nexus_tests::{KafkaSpace, Servers, TestBed, bounded, eventually, in_bed};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use serde_json::{Value, json};

/// `nexus serve` and `nexus work`, and where the first listens.
async fn programs(bed: &TestBed) -> (Running, Running, SocketAddr) {
    let serve = bed.spawn(&["serve"]);
    serve.says("/docs").await;
    let log = serve.log();
    let (_, rest) = log.split_once("http://").expect("an address");
    let addr = rest.split_once("/docs").expect("an address").0;
    let addr = addr.parse().expect("an address");
    (serve, bed.spawn(&["work"]), addr)
}

async fn put(api: SocketAddr, queue: &str, body: &Value) -> Answer {
    let path = format!("/v1/queues/{queue}/transport");
    Request::json("PUT", path, body).send(api).await
}

async fn listed(bed: &TestBed) -> Value {
    let listed = bed.nexus_ok(&["--json", "queues"]).await;
    serde_json::from_str(&listed).unwrap()
}

/// Records that a queue's topic has seen in its life.
fn records(settings: &Kafka, queue: &str) -> i64 {
    let looker: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &settings.brokers)
        .set("broker.address.family", "v4")
        .create()
        .unwrap();
    let topic = format!("{}.queue.{queue}.normal", settings.prefix);
    let ends = (0..i32::from(settings.partitions)).map(|partition| {
        let ends = looker.fetch_watermarks(&topic, partition, Duration::from_secs(5));
        ends.map_or(0, |(_, end)| end)
    });
    ends.sum()
}

async fn done(bed: &TestBed, jobs: i64) {
    eventually("the jobs are done", SOON, async || {
        (bed.count("job_history", "state = 'completed'").await == jobs).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_queue_is_sent_the_other_way_by_command_and_by_api_and_its_jobs_run() {
    bounded(async {
        if Servers::from_env().kafka_or_skip().is_none() {
            return;
        }
        let bed = TestBed::new().await;
        let kafka = bed.settings().kafka.clone();
        let _space = KafkaSpace::new(&kafka);
        let (_serve, _work, api) = programs(&bed).await;
        bed.enqueue_noops(5).await;
        done(&bed, 5).await;
        assert_eq!(records(&kafka, "noop"), 0, "nothing uses Kafka unasked");

        let switched = bed
            .nexus_ok(&["queues", "transport", "noop", "kafka"])
            .await;
        assert!(switched.contains("kafka"), "{switched}");
        assert_eq!(listed(&bed).await["noop"]["transport"], "kafka");
        let shown = bed.nexus_ok(&["queues"]).await;
        let row = shown.lines().find(|line| line.starts_with("noop")).unwrap();
        assert!(row.trim_end().ends_with("kafka"), "{shown}");
        bed.enqueue_noops(5).await;
        done(&bed, 10).await;
        let through_kafka = records(&kafka, "noop");
        assert!(through_kafka > 0);

        let back = put(api, "noop", &json!({"transport": "redis"}))
            .await
            .expect(200);
        assert_eq!(back["transport"], "redis");
        assert_eq!(back["changed_by"], "api:anonymous@127.0.0.1");
        bed.enqueue_noops(5).await;
        done(&bed, 15).await;
        assert_eq!(
            records(&kafka, "noop"),
            through_kafka,
            "it went through Redis"
        );
        let again = put(api, "noop", &json!({"transport": "kafka"}))
            .await
            .expect(200);
        assert_eq!(again["transport"], "kafka");
        let path = "/v1/queues";
        let queues = Request::new("GET", path).send(api).await.expect(200);
        assert_eq!(queues["queues"][0]["asked"]["transport"], "kafka");
        bed.enqueue_noops(5).await;
        done(&bed, 20).await;
        assert!(records(&kafka, "noop") > through_kafka);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_and_a_queue_that_nobody_serves_is_not() {
    in_bed(async |bed| {
        let serve = bed.spawn(&["serve"]);
        serve.says("/docs").await;
        let log = serve.log();
        let addr = log.split_once("http://").unwrap().1;
        let api: SocketAddr = addr.split_once("/docs").unwrap().0.parse().unwrap();
        for wrong in [
            &["queues", "transport", "noop", "rabbit"][..],
            &["queues", "transport", "noop", "memory"],
            &["queues", "transport", "No Queue", "kafka"],
            &["queues", "transport", "noop"],
        ] {
            assert_eq!(bed.nexus(wrong).await.status.code(), Some(2), "{wrong:?}");
        }
        let refused = put(api, "noop", &json!({"transport": "rabbit"})).await;
        let (_, message) = refused.error(400);
        assert_eq!(
            message,
            "there is no transport \"rabbit\": use redis or kafka"
        );
        put(api, "No", &json!({"transport": "kafka"}))
            .await
            .error(400);
        put(api, "noop", &json!({"transport": null}))
            .await
            .error(422);
        put(api, "noop", &json!({})).await.error(422);
        assert_eq!(listed(bed).await, json!({}), "nothing was changed");
        // As with a pause: a queue begins with the first job that names it.
        let later = put(api, "later", &json!({"transport": "kafka"}))
            .await
            .expect(200);
        assert_eq!(later["transport"], "kafka");
        assert_eq!(listed(bed).await["later"]["transport"], "kafka");
    })
    .await;
}

#[tokio::test]
async fn a_queue_sent_to_a_kafka_that_is_away_waits_and_comes_back() {
    bounded(async {
        let bed = TestBed::with(|settings| {
            settings.kafka.brokers = "127.0.0.1:1".to_owned();
            settings.kafka.request_timeout = "1s".parse().unwrap();
            settings.kafka.delivery_timeout = "1s".parse().unwrap();
        })
        .await;
        let (_serve, work, api) = programs(&bed).await;
        bed.enqueue_noops(1).await;
        done(&bed, 1).await;
        // The ledger's business: it asks no broker.
        put(api, "noop", &json!({"transport": "kafka"}))
            .await
            .expect(200);
        bed.enqueue_noops(5).await;
        work.says("Connection refused").await;
        let ready = Request::new("GET", "/readyz").send(api).await;
        assert_eq!(ready.status, 503, "{}", ready.text());
        assert!(
            ready.text().contains("Connection refused"),
            "{}",
            ready.text()
        );
        assert_eq!(listed(&bed).await["noop"]["transport"], "kafka");
        let waiting = bed.count("jobs", "state = 'available'").await;
        assert_eq!(waiting, 5, "they wait");
        bed.nexus_ok(&["queues", "transport", "noop", "redis"])
            .await;
        done(&bed, 6).await;
        eventually("all is well", SOON, async || {
            let shown = bed.nexus_ok(&["workers"]).await;
            shown.contains("running").then_some(())
        })
        .await;
    })
    .await;
}
