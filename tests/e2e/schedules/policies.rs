//! Ticks that no scheduler was there for, and a pause.

use nexus_producer::schedules;
use nexus_tests::bed::actor;
use nexus_tests::{SchedulerRun, bounded};
use serde_json::json;

use super::{at, bed, fired, log, schedule, set, ticking, time};

#[tokio::test]
async fn what_was_missed_is_decided_by_policy() {
    bounded(async {
        for (policy, expected, jobs) in [
            (
                json!({ "missed": "skip" }),
                vec!["11:00..15:00 missed 5"],
                vec![],
            ),
            (
                json!({}),
                vec!["11:00..14:00 missed 4", "15:00 fired"],
                vec!["15:00"],
            ),
            (
                json!({ "missed": "catch_up", "catch_up_max": 3 }),
                vec![
                    "11:00..12:00 missed 2",
                    "13:00 fired",
                    "14:00 fired",
                    "15:00 fired",
                ],
                vec!["13:00", "14:00", "15:00"],
            ),
            (
                json!({ "missed": "catch_up" }),
                vec![
                    "11:00 fired",
                    "12:00 fired",
                    "13:00 fired",
                    "14:00 fired",
                    "15:00 fired",
                ],
                vec!["11:00", "12:00", "13:00", "14:00", "15:00"],
            ),
        ] {
            let bed = bed().await;
            bed.schedule_time("2026-03-01T10:30:00Z").await;
            set(&bed, "a", ticking("@hourly", policy.clone())).await;
            bed.schedule_time("2026-03-01T15:30:00Z").await;
            let _scheduler = SchedulerRun::start(&bed);
            let view = at(&bed, "a", "2026-03-01T15:30:00Z").await;
            assert_eq!(view.next_at, Some(time("2026-03-01T16:00:00Z")));
            assert_eq!(log(&bed, "a").await, expected, "{policy}");
            assert_eq!(fired(&bed).await, jobs, "{policy}");
            // What is late by less than misfire_after fires, whatever the policy.
            let view = at(&bed, "a", "2026-03-01T16:00:59Z").await;
            assert_eq!(
                view.last_tick_at,
                Some(time("2026-03-01T16:00:00Z")),
                "{policy}"
            );
        }
    })
    .await;
}

/// A round fires so many ticks at most; what is left over is the next one's.
#[tokio::test]
async fn a_backlog_is_caught_up_in_rounds() {
    bounded(async {
        let bed = bed().await;
        let mut settings = bed.settings().clone();
        settings.schedules.ticks_max = 7;
        bed.schedule_time("2026-03-01T00:00:00Z").await;
        set(
            &bed,
            "a",
            ticking("* * * * *", json!({ "missed": "catch_up" })),
        )
        .await;
        set(
            &bed,
            "b",
            ticking("*/2 * * * *", json!({ "missed": "catch_up" })),
        )
        .await;
        bed.schedule_time("2026-03-01T01:30:00Z").await;
        let scheduler = SchedulerRun::with(&bed, &settings);
        at(&bed, "a", "2026-03-01T01:30:00Z").await;
        at(&bed, "b", "2026-03-01T01:30:00Z").await;
        let ticked = super::ticked(&bed).await;
        assert_eq!(ticked.len(), 90 + 45);
        assert!(ticked.windows(2).all(|two| two[0] < two[1]));
        scheduler.stop().await;
    })
    .await;
}

#[tokio::test]
async fn ticks_of_a_pause_pass_and_were_not_missed() {
    bounded(async {
        let bed = bed().await;
        bed.schedule_time("2026-03-01T10:30:00Z").await;
        set(
            &bed,
            "a",
            ticking("@hourly", json!({ "missed": "catch_up" })),
        )
        .await;
        let _scheduler = SchedulerRun::start(&bed);
        at(&bed, "a", "2026-03-01T11:00:00Z").await;
        let conn = &mut *bed.conn().await;
        let paused = schedules::pause(conn, "a", &actor()).await.unwrap();
        assert_eq!((paused.next_at, paused.version), (None, 2));
        assert_eq!(paused.paused_by.as_deref(), Some(actor().as_str()));
        // To pause what is paused is no change.
        let again = schedules::pause(conn, "a", &actor()).await.unwrap();
        assert_eq!(again, paused);
        bed.schedule_time("2026-03-01T13:30:00Z").await;
        // A change leaves it paused.
        let changed = set(&bed, "a", ticking("30 * * * *", json!({}))).await;
        assert_eq!((changed.next_at, changed.version), (None, 3));
        let resumed = schedules::resume(conn, "a", &actor()).await.unwrap();
        assert_eq!(resumed.next_at, Some(time("2026-03-01T14:30:00Z")));
        assert_eq!((resumed.paused_at, resumed.version), (None, 4));
        at(&bed, "a", "2026-03-01T14:30:00Z").await;
        assert_eq!(fired(&bed).await, ["11:00", "14:30"]);
        assert_eq!(schedule(&bed, "a").await.missed, 0);
        assert_eq!(log(&bed, "a").await, ["11:00 fired", "14:30 fired"]);
    })
    .await;
}

/// Between start and end and nowhere else; then it is over.
#[tokio::test]
async fn a_schedule_has_a_start_and_an_end() {
    bounded(async {
        let bed = bed().await;
        bed.schedule_time("2026-03-01T00:30:00Z").await;
        let span = json!({ "start": "2026-03-01T10:00:00Z", "end": "2026-03-01T12:00:00Z", "missed": "catch_up" });
        let view = set(&bed, "a", ticking("@hourly", span)).await;
        assert_eq!(view.next_at, Some(time("2026-03-01T10:00:00Z")));
        let _scheduler = SchedulerRun::start(&bed);
        let view = at(&bed, "a", "2026-03-01T20:00:00Z").await;
        assert_eq!((view.next_at, view.fired), (None, 2));
        assert_eq!(fired(&bed).await, ["10:00", "11:00"]);
    })
    .await;
}
