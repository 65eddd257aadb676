//! Schedules are changed while everything runs, and each change is kept.

use nexus_producer::schedules;
use nexus_schema::Error;
use nexus_tests::bed::actor;
use nexus_tests::{SchedulerRun, bounded};
use serde_json::json;

use super::{at, bed, definition, fired, log, schedule, set, ticking, time};

#[tokio::test]
async fn each_change_is_a_version_and_counts_from_now_on() {
    bounded(async {
        let bed = bed().await;
        bed.schedule_time("2026-03-01T10:30:00Z").await;
        let _scheduler = SchedulerRun::start(&bed);
        set(&bed, "a", ticking("@hourly", json!({}))).await;
        at(&bed, "a", "2026-03-01T11:00:00Z").await;
        bed.schedule_time("2026-03-01T11:10:00Z").await;
        let view = set(&bed, "a", ticking("*/20 * * * *", json!({}))).await;
        assert_eq!(view.next_at, Some(time("2026-03-01T11:20:00Z")));
        assert_eq!((view.version, view.fired), (2, 1));
        at(&bed, "a", "2026-03-01T11:20:00Z").await;
        let conn = &mut *bed.conn().await;
        schedules::remove(conn, "a", &actor()).await.unwrap();
        bed.schedule_time("2026-03-01T12:00:00Z").await;
        let view = set(&bed, "a", ticking("@hourly", json!({}))).await;
        assert_eq!((view.version, view.fired), (4, 0));
        at(&bed, "a", "2026-03-01T13:00:00Z").await;
        assert_eq!(fired(&bed).await, ["11:00", "11:20", "13:00"]);
        let changes = nexus_schema::schedules::versions(conn, "a").await.unwrap();
        let changes: Vec<_> = changes
            .iter()
            .rev()
            .map(|one| format!("{} {}", one.version, one.change))
            .collect();
        assert_eq!(changes, ["1 set", "2 set", "3 removed", "4 set"]);
        // What it did is kept.
        assert_eq!(
            log(&bed, "a").await,
            ["11:00 fired", "11:20 fired", "13:00 fired"]
        );
    })
    .await;
}

/// A tick that is due when only the job is changed is not lost with the change.
#[tokio::test]
async fn a_change_of_the_job_alone_loses_no_tick() {
    bounded(async {
        let bed = bed().await;
        bed.schedule_time("2026-03-01T10:30:00Z").await;
        set(&bed, "a", ticking("@hourly", json!({}))).await;
        bed.schedule_time("2026-03-01T11:00:10Z").await;
        let view = set(&bed, "a", ticking("@hourly", json!({ "overlap": "skip" }))).await;
        assert_eq!(view.next_at, Some(time("2026-03-01T11:00:00Z")));
        let _scheduler = SchedulerRun::start(&bed);
        at(&bed, "a", "2026-03-01T11:00:20Z").await;
        assert_eq!(fired(&bed).await, ["11:00"]);
    })
    .await;
}

/// Its ticks pass until a worker knows its kind; then it begins with the next one.
#[tokio::test]
async fn a_schedule_of_a_kind_that_nobody_knows_is_inactive() {
    bounded(async {
        let bed = bed().await;
        bed.execute("DELETE FROM nexus.kinds").await;
        bed.schedule_time("2026-03-01T10:30:00Z").await;
        let view = set(
            &bed,
            "a",
            ticking("@hourly", json!({ "missed": "catch_up" })),
        )
        .await;
        assert_eq!(
            view.inactive.unwrap(),
            "no worker knows kind \"test.ticked\""
        );
        let _scheduler = SchedulerRun::start(&bed);
        let view = at(&bed, "a", "2026-03-01T13:30:00Z").await;
        assert_eq!(view.next_at, Some(time("2026-03-01T14:00:00Z")));
        assert_eq!((view.fired, view.missed), (0, 0));
        super::know(&bed).await;
        assert_eq!(schedule(&bed, "a").await.inactive, None);
        at(&bed, "a", "2026-03-01T14:00:00Z").await;
        assert_eq!(fired(&bed).await, ["14:00"]);
        assert_eq!(log(&bed, "a").await, ["14:00 fired"]);
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_its_place() {
    bounded(async {
        let bed = bed().await;
        bed.schedule_time("2026-03-01T10:30:00Z").await;
        let conn = &mut *bed.conn().await;
        let actor = actor();
        for (wrong, place) in [
            (ticking("61 * * * *", json!({})), "cron: "),
            (ticking("0 0 30 2 *", json!({})), "cron: "),
            (ticking("0 0 0 1 1 * 2025", json!({})), "cron: "),
            (ticking("@daily", json!({ "zone": "Europe/Nowhere" })), "zone: "),
            (
                json!({ "cron": "@daily", "enqueue": { "kind": "noop", "args": { "padding": "{{ tomorrow }}" } } }),
                "enqueue.args: ",
            ),
            (
                json!({ "cron": "@daily", "enqueue": { "kind": "noop", "args": { "padding": 1 } } }),
                "enqueue.args: ",
            ),
        ] {
            if let Ok(read) = serde_json::from_value(wrong.clone()) {
                let refused = schedules::set(conn, "a", read, &actor).await;
                let Err(Error::Invalid(said)) = refused else {
                    panic!("{wrong}: {refused:?}");
                };
                assert!(said.starts_with(place), "{wrong}: {said}");
            }
        }
        let fine = definition(ticking("@daily", json!({})));
        let refused = schedules::set(conn, "A B", fine, &actor).await;
        assert!(matches!(refused, Err(Error::Invalid(_))));
        for refused in [
            schedules::pause(conn, "a", &actor).await,
            schedules::resume(conn, "a", &actor).await,
            schedules::remove(conn, "a", &actor).await,
        ] {
            assert!(matches!(refused, Err(Error::NotFound { .. })));
        }
        assert_eq!(bed.count("schedules", "true").await, 0);
        assert_eq!(bed.count("schedule_versions", "true").await, 0);
    })
    .await;
}
