//! Schedules that the settings say.

use nexus_config::{ScheduleJob, Settings};
use nexus_producer::schedules;
use nexus_schema::Error;
use nexus_tests::bed::actor;
use nexus_tests::eventually::SOON;
use nexus_tests::{SchedulerRun, TestBed, bounded, eventually};
use serde_json::json;

use super::{at, bed, definition, schedule, set, ticking};

fn said(bed: &TestBed, jobs: &[(&str, &str)]) -> Settings {
    let mut settings = bed.settings().clone();
    let job = |cron: &str| -> ScheduleJob {
        let text = format!("cron = {cron:?}\nenqueue = {{ kind = 'test.ticked' }}");
        toml::from_str(&text).unwrap()
    };
    let jobs = jobs
        .iter()
        .map(|(name, cron)| ((*name).to_owned(), job(cron)));
    settings.schedules.jobs = jobs.collect();
    settings
}

/// Starts a scheduler with these, waits until the ledger is in line with them, and stops it.
async fn brought_in_line(bed: &TestBed, jobs: &[(&str, &str)], until: &str) -> i64 {
    let scheduler = SchedulerRun::with(bed, &said(bed, jobs));
    eventually(until, SOON, async || {
        (bed.count("schedules", until).await > 0).then_some(())
    })
    .await;
    scheduler.stop().await;
    bed.count("schedules", "origin = 'config'").await
}

#[tokio::test]
async fn the_ledger_is_brought_in_line_with_the_settings() {
    bounded(async {
        let bed = bed().await;
        bed.schedule_time("2026-03-01T10:30:00Z").await;
        set(&bed, "mine", ticking("@daily", json!({}))).await;
        let both = [("a", "@hourly"), ("b", "@daily"), ("mine", "@hourly")];
        assert_eq!(brought_in_line(&bed, &both, "name = 'b'").await, 2);
        // What an operator has set stays.
        assert_eq!(schedule(&bed, "mine").await.origin, "operator");
        let conn = &mut *bed.conn().await;
        schedules::pause(conn, "a", &actor()).await.unwrap();

        // b is gone, c is new, a is paused still, with another expression.
        let changed = [("a", "@weekly"), ("c", "@daily")];
        assert_eq!(brought_in_line(&bed, &changed, "name = 'c'").await, 2);
        assert_eq!(bed.count("schedules", "name = 'b'").await, 0);
        let a = schedule(&bed, "a").await;
        assert_eq!(a.definition["cron"], "@weekly");
        assert!(a.paused_at.is_some() && a.next_at.is_none());
        assert_eq!((a.version, a.changed_by.as_str()), (3, "system:config"));

        // The same again is no change.
        let before = bed.count("schedule_versions", "true").await;
        assert_eq!(brought_in_line(&bed, &changed, "name = 'c'").await, 2);
        assert_eq!(bed.count("schedule_versions", "true").await, before);
    })
    .await;
}

/// It is the file's: nobody else changes it, but it can be paused, run and filled in.
#[tokio::test]
async fn what_the_settings_say_is_changed_there() {
    bounded(async {
        let bed = bed().await;
        bed.schedule_time("2026-03-01T10:30:00Z").await;
        let _scheduler = SchedulerRun::with(&bed, &said(&bed, &[("a", "@hourly")]));
        eventually("it is set", SOON, async || {
            (bed.count("schedules", "true").await == 1).then_some(())
        })
        .await;
        let conn = &mut *bed.conn().await;
        let other = definition(ticking("@daily", json!({})));
        for refused in [
            schedules::set(conn, "a", other, &actor()).await,
            schedules::remove(conn, "a", &actor()).await,
        ] {
            let Err(Error::Conflict(said)) = refused else {
                panic!("{refused:?}");
            };
            assert!(said.contains("schedules.jobs.a"), "{said}");
        }
        schedules::run_now(conn, "a", &actor(), bed.settings())
            .await
            .unwrap();
        assert_eq!(at(&bed, "a", "2026-03-01T11:00:00Z").await.fired, 2);
        schedules::pause(conn, "a", &actor()).await.unwrap();
        schedules::resume(conn, "a", &actor()).await.unwrap();
        assert_eq!(at(&bed, "a", "2026-03-01T12:00:00Z").await.fired, 3);
    })
    .await;
}

/// What NEXUS ships waits for its kinds, and a mistake in the settings keeps nobody in doubt.
#[tokio::test]
async fn shipped_ones_are_inactive_and_mistakes_are_told() {
    bounded(async {
        let bed = TestBed::with(|settings| {
            settings.schedules.shipped = Settings::defaults().schedules.shipped;
        })
        .await;
        let _scheduler = SchedulerRun::start(&bed);
        eventually("they are set", SOON, async || {
            (bed.count("schedules", "origin = 'config' AND next_at IS NOT NULL")
                .await
                == 4)
                .then_some(())
        })
        .await;
        let conn = &mut *bed.conn().await;
        let all = nexus_schema::schedules::list(conn).await.unwrap();
        assert!(all.iter().all(|one| one.inactive.is_some()), "{all:?}");

        let wrong = bed.dir().join("wrong.toml");
        let text = "[schedules.jobs.a]\ncron = '0 25 * * *'\nenqueue = { kind = 'noop' }";
        std::fs::write(&wrong, text).unwrap();
        let wrong = wrong.display().to_string();
        let output = bed.nexus(&["--config", &wrong, "serve"]).await;
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("schedules.jobs.a: cron: "), "{said}");
        let output = bed.nexus(&["--config", &wrong, "config", "check"]).await;
        assert_eq!(output.status.code(), Some(2));
    })
    .await;
}
