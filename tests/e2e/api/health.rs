//! The state of the process and its servers.

use nexus_tests::eventually::SOON;
use nexus_tests::{ApiRun, Kept, OwnRedis, TestBed, bounded, eventually};

#[tokio::test]
async fn it_is_ready_exactly_while_redis_answers() {
    bounded(async {
        let mut redis = OwnRedis::start().await;
        let bed = TestBed::with(|settings| redis.put_into(&mut settings.redis)).await;
        let api = ApiRun::start(&bed).await;
        assert_eq!(api.get("/healthz").await.expect(200)["status"], "alive");
        let ready = api.get("/readyz").await.expect(200);
        assert_eq!(ready["ready"], true);
        assert!(ready["redis"]["round_trip_ms"].is_number(), "{ready}");
        assert!(ready["postgres"]["round_trip_ms"].is_number(), "{ready}");
        assert_eq!(api.get("/health/redis").await.expect(200)["ok"], true);

        redis.kill();
        let away = api.get("/readyz").await.expect(503);
        assert_eq!(away["ready"], false);
        assert_eq!(away["postgres"]["ok"], true);
        assert_eq!(away["redis"]["ok"], false);
        assert!(away["redis"]["error"].is_string(), "{away}");
        let away = api.get("/health/redis").await.expect(503);
        assert_eq!(away["ok"], false);
        assert_eq!(api.get("/health/postgres").await.expect(200)["ok"], true);
        // What needs no broker is answered all the same.
        api.get("/v1/jobs").await.expect(200);
        api.get("/healthz").await.expect(200);

        redis.start_again(Kept::Data).await;
        eventually("it is ready again", SOON, async || {
            (api.get("/readyz").await.status == 200).then_some(())
        })
        .await;
        api.get("/health/redis").await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn postgres_is_shown_with_the_pools_occupancy() {
    bounded(async {
        let bed = TestBed::with(|settings| {
            settings.postgres.pool_size = 3;
            settings.postgres.pool_overflow = 4;
        })
        .await;
        let api = ApiRun::start(&bed).await;
        let shown = api.get("/health/postgres").await.expect(200);
        assert_eq!(shown["ok"], true);
        assert_eq!(shown["pool"]["most"], 7);
        let open = shown["pool"]["connections"].as_u64().unwrap();
        let idle = shown["pool"]["idle"].as_u64().unwrap();
        assert!(idle <= open && open <= 7, "{shown}");
    })
    .await;
}

#[tokio::test]
async fn it_is_not_ready_while_postgres_is_away() {
    bounded(async {
        let bed = TestBed::with(|settings| {
            settings.postgres.app_url = "postgres://nobody@127.0.0.1:1/none".parse().unwrap();
            settings.postgres.pool_wait = "100ms".parse().unwrap();
        })
        .await;
        let api = ApiRun::start(&bed).await;
        let away = api.get("/readyz").await.expect(503);
        assert_eq!(away["postgres"]["ok"], false);
        assert_eq!(away["redis"]["ok"], true);
        api.get("/health/postgres").await.expect(503);
        let refused = api.get("/v1/jobs").await;
        assert_eq!(refused.error(503).0, "postgres_unavailable");
        assert!(refused.header("retry-after").is_some());
        api.get("/healthz").await.expect(200);
    })
    .await;
}
