//! Ticks that somebody asks for: of the past, or now.

use nexus_producer::schedules::{self, Backfill, Backfilled};
use nexus_schema::schedules::Outcome;
use nexus_schema::{Error, Result};
use nexus_tests::bed::actor;
use nexus_tests::{SchedulerRun, TestBed, bounded};
use serde_json::json;

use super::{at, bed, entries, fired, schedule, set, ticking, time};

async fn fill(
    bed: &TestBed,
    (from, to): (&str, &str),
    again: bool,
    dry_run: bool,
) -> Result<Backfilled> {
    let range = Backfill {
        from: time(from),
        to: time(to),
        again,
        dry_run,
    };
    let conn = &mut *bed.conn().await;
    schedules::backfill(conn, "a", range, &actor(), bed.settings()).await
}

fn told(filled: &Backfilled) -> Vec<String> {
    let shown = filled.ticks.iter().map(|one| {
        let outcome = one.outcome.map_or("known", Outcome::as_str);
        format!("{} {outcome}", one.tick_at.format("%H:%M"))
    });
    shown.collect()
}

const DAY: (&str, &str) = ("2026-03-01T09:00:00Z", "2026-03-01T23:00:00Z");

#[tokio::test]
async fn the_past_is_filled_in_once() {
    bounded(async {
        let bed = bed().await;
        bed.schedule_time("2026-03-01T10:30:00Z").await;
        set(&bed, "a", ticking("@hourly", json!({}))).await;
        let _scheduler = SchedulerRun::start(&bed);
        at(&bed, "a", "2026-03-01T11:00:00Z").await;
        at(&bed, "a", "2026-03-01T13:30:00Z").await;
        assert_eq!(fired(&bed).await, ["11:00", "13:00"]);

        let dry = fill(&bed, DAY, false, true).await.unwrap();
        let expected = [
            "09:00 fired",
            "10:00 fired",
            "11:00 known",
            "12:00 fired",
            "13:00 known",
        ];
        assert_eq!(told(&dry), expected);
        assert_eq!((dry.fired, dry.known, dry.dry_run), (3, 2, true));
        assert_eq!(fired(&bed).await.len(), 2);

        let done = fill(&bed, DAY, false, false).await.unwrap();
        assert_eq!(told(&done), expected);
        assert_eq!(
            fired(&bed).await,
            ["09:00", "10:00", "11:00", "12:00", "13:00"]
        );
        let newest = entries(&bed, "a").await.remove(0);
        assert!(newest.backfill);
        assert_eq!(newest.asked_by.as_deref(), Some(actor().as_str()));
        let view = schedule(&bed, "a").await;
        assert_eq!(
            (view.fired, view.next_at),
            (5, Some(time("2026-03-01T14:00:00Z")))
        );

        let nothing = fill(&bed, DAY, false, false).await.unwrap();
        assert_eq!((nothing.fired, nothing.known), (0, 5));
        // Also where the reservations have run out: the log knows.
        bed.execute("DELETE FROM nexus.reservations").await;
        assert_eq!(fill(&bed, DAY, false, false).await.unwrap().fired, 0);
        let again = fill(&bed, DAY, true, false).await.unwrap();
        assert_eq!((again.fired, again.known), (5, 0));
        assert_eq!(fired(&bed).await.len(), 10);
    })
    .await;
}

/// Two at once, and the scheduler beside them: each tick is one job.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_fill_in_at_once_share_the_ticks() {
    bounded(async {
        let bed = bed().await;
        bed.schedule_time("2026-03-01T10:30:00Z").await;
        set(
            &bed,
            "a",
            ticking("* * * * *", json!({ "missed": "catch_up" })),
        )
        .await;
        let _scheduler = SchedulerRun::start(&bed);
        bed.schedule_time("2026-03-01T13:30:00Z").await;
        let range = ("2026-03-01T10:30:30Z", "2026-03-01T13:30:00Z");
        let (one, other) = tokio::join!(
            fill(&bed, range, false, false),
            fill(&bed, range, false, false)
        );
        one.unwrap();
        other.unwrap();
        at(&bed, "a", "2026-03-01T13:30:00Z").await;
        let ticked = super::ticked(&bed).await;
        assert_eq!(ticked.len(), 180);
        assert!(ticked.windows(2).all(|two| two[0] < two[1]));
    })
    .await;
}

/// Jobs that may not overlap do not, filled in or not.
#[tokio::test]
async fn what_may_not_overlap_is_filled_in_one_after_another() {
    bounded(async {
        let bed = bed().await;
        bed.schedule_time("2026-03-01T12:30:00Z").await;
        set(&bed, "a", ticking("@hourly", json!({ "overlap": "skip" }))).await;
        assert_eq!(fill(&bed, DAY, false, false).await.unwrap().fired, 4);
        assert_eq!(bed.count("jobs", "order_key = 'schedule a'").await, 4);
        assert_eq!(bed.count("jobs", "parked = 'order'").await, 3);
        let _scheduler = SchedulerRun::start(&bed);
        let view = at(&bed, "a", "2026-03-01T13:00:00Z").await;
        assert_eq!((view.fired, view.skipped), (4, 1));
    })
    .await;
}

#[tokio::test]
async fn a_range_that_cannot_be_filled_in_is_refused() {
    bounded(async {
        let bed = bed().await;
        bed.schedule_time("2026-03-01T12:30:00Z").await;
        let refused = fill(&bed, DAY, false, false).await;
        assert!(
            matches!(refused, Err(Error::NotFound { .. })),
            "{refused:?}"
        );
        set(&bed, "a", ticking("* * * * *", json!({}))).await;
        for (from, to) in [
            ("2026-03-01T11:00:00Z", "2026-03-01T10:00:00Z"),
            ("2026-03-01T13:00:00Z", "2026-03-01T14:00:00Z"),
            ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        ] {
            let refused = fill(&bed, (from, to), false, true).await;
            assert!(
                matches!(refused, Err(Error::Invalid(_))),
                "{from}: {refused:?}"
            );
        }
        bed.execute("DELETE FROM nexus.kinds").await;
        let hour = ("2026-03-01T10:00:00Z", "2026-03-01T10:10:00Z");
        let refused = fill(&bed, hour, false, false).await;
        assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
        assert_eq!(bed.count("jobs", "true").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_job_can_be_had_now() {
    bounded(async {
        let bed = bed().await;
        bed.schedule_time("2026-03-01T10:30:00Z").await;
        set(&bed, "a", ticking("@hourly", json!({ "overlap": "skip" }))).await;
        let conn = &mut *bed.conn().await;
        schedules::pause(conn, "a", &actor()).await.unwrap();
        let first = schedules::run_now(conn, "a", &actor(), bed.settings()).await;
        let first = first.unwrap();
        assert_eq!(first.tick_at, time("2026-03-01T10:30:00Z"));
        let second = schedules::run_now(conn, "a", &actor(), bed.settings()).await;
        assert_eq!(second.unwrap().outcome, Some(Outcome::Fired));
        // The second one waits for the first.
        assert_eq!(bed.count("jobs", "parked = 'order'").await, 1);
        let view = schedule(&bed, "a").await;
        assert_eq!((view.fired, view.next_at), (2, None));
        assert_eq!(view.open_jobs.len(), 2);
        let entry = entries(&bed, "a").await.remove(1);
        assert_eq!(entry.job_id, first.job_id);
        assert_eq!(entry.asked_by.as_deref(), Some(actor().as_str()));
        // The clock's own ticks ask for them.
        schedules::resume(conn, "a", &actor()).await.unwrap();
        let _scheduler = SchedulerRun::start(&bed);
        assert_eq!(at(&bed, "a", "2026-03-01T11:00:00Z").await.skipped, 1);
    })
    .await;
}
