//! Schedules: each tick a job, once, whatever happens to whoever decides.

mod asked;
mod edits;
mod once;
mod overlap;
mod policies;
mod processes;
mod settings;

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use nexus_jobs::schedule::Definition;
use nexus_producer::schedules;
use nexus_schema::schedules::{ScheduleView, TickView};
use nexus_tests::bed::actor;
use nexus_tests::eventually::SOON;
use nexus_tests::{SchedulerRun, TestBed, eventually};
use serde_json::{Value, json};

/// A bed whose workers, as the ledger has it, know a kind of the tests' own.
async fn bed() -> TestBed {
    let bed = TestBed::new().await;
    know(&bed).await;
    bed
}

async fn know(bed: &TestBed) {
    bed.execute(
        "INSERT INTO nexus.kinds (kind, queue, band, entry_ids, attempts_max) \
         VALUES ('test.ticked', 'quiet', 3, 1, 2) ON CONFLICT DO NOTHING",
    )
    .await;
}

/// A schedule of that kind, whose jobs say which tick they are of.
fn ticking(cron: &str, more: Value) -> Value {
    let mut json = json!({
        "cron": cron,
        "enqueue": {
            "kind": "test.ticked",
            "args": { "schedule": "{{ name }}", "tick": "{{ unix }}" },
        },
    });
    if let Value::Object(more) = more {
        for (name, value) in more {
            json[name] = value;
        }
    }
    json
}

fn definition(json: Value) -> Definition {
    serde_json::from_value(json).unwrap()
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

async fn set(bed: &TestBed, name: &str, json: Value) -> ScheduleView {
    let conn = &mut *bed.conn().await;
    schedules::set(conn, name, definition(json), &actor())
        .await
        .unwrap()
}

async fn schedule(bed: &TestBed, name: &str) -> ScheduleView {
    let conn = &mut *bed.conn().await;
    nexus_schema::schedules::find(conn, name).await.unwrap()
}

/// Sets the clock, and waits until a schedule has decided all that is due by then.
async fn at(bed: &TestBed, name: &str, clock: &str) -> ScheduleView {
    bed.schedule_time(clock).await;
    let clock = time(clock);
    eventually(&format!("{name} has decided"), SOON, async || {
        let view = schedule(bed, name).await;
        view.next_at.is_none_or(|next| next > clock).then_some(view)
    })
    .await
}

/// The log, the oldest entry first: which ticks, what became of them, how many they are.
async fn log(bed: &TestBed, name: &str) -> Vec<String> {
    let shown = |entry: &TickView| {
        let span = entry
            .through_at
            .map(|last| format!("..{}", last.format("%H:%M")));
        let span = span.unwrap_or_default();
        let count = match entry.ticks {
            1 => String::new(),
            count => format!(" {count}"),
        };
        format!(
            "{}{span} {}{count}",
            entry.tick_at.format("%H:%M"),
            entry.outcome
        )
    };
    let entries = entries(bed, name).await;
    entries.iter().rev().map(shown).collect()
}

async fn entries(bed: &TestBed, name: &str) -> Vec<TickView> {
    let conn = &mut *bed.conn().await;
    let page = nexus_schema::schedules::ticks(conn, name, None, 1000).await;
    page.unwrap().entries
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, QueryableByName)]
struct Ticked {
    #[diesel(sql_type = Text)]
    schedule: String,
    #[diesel(sql_type = BigInt)]
    tick: i64,
}

/// Which ticks there are jobs of, unfinished or not, as the jobs say it; in order.
async fn ticked(bed: &TestBed) -> Vec<Ticked> {
    let query = "SELECT args ->> 'schedule' AS schedule, (args ->> 'tick')::bigint AS tick FROM \
                 (SELECT kind, args FROM nexus.jobs UNION ALL SELECT kind, args FROM nexus.job_history) AS j \
                 WHERE kind = 'test.ticked' ORDER BY 1, 2";
    let mut conn = bed.conn().await;
    diesel::sql_query(query).load(&mut *conn).await.unwrap()
}

/// Its jobs' ticks as times of day.
async fn fired(bed: &TestBed) -> Vec<String> {
    let ticked = ticked(bed).await;
    let times = ticked
        .iter()
        .map(|one| DateTime::from_timestamp(one.tick, 0).unwrap());
    times.map(|time| time.format("%H:%M").to_string()).collect()
}

#[tokio::test]
async fn a_tick_becomes_a_job() {
    nexus_tests::bounded(async {
        let bed = bed().await;
        bed.schedule_time("2026-03-29T00:30:00Z").await;
        let _scheduler = SchedulerRun::start(&bed);
        let view = set(
            &bed,
            "a",
            json!({
                "cron": "30 2 * * *",
                "zone": "Europe/Berlin",
                "enqueue": {
                    "kind": "test.ticked",
                    "args": { "at": "{{ scheduled_at }}", "day": "{{ date - 1d }}", "who": "of {{ name }}" },
                    "tags": ["x"],
                },
            }),
        )
        .await;
        // 02:30 is skipped by the clocks: it fires at the first instant after the gap.
        assert_eq!(view.next_at, Some(time("2026-03-29T01:00:00Z")));
        assert_eq!((view.inactive, view.version), (None, 1));
        assert_eq!(at(&bed, "a", "2026-03-29T00:59:59Z").await.fired, 0);
        let view = at(&bed, "a", "2026-03-29T01:00:00Z").await;
        assert_eq!((view.fired, view.failed), (1, 0), "{view:?}");
        assert_eq!(view.next_at, Some(time("2026-03-30T00:30:00Z")));

        let entry = entries(&bed, "a").await.remove(0);
        assert_eq!(entry.tick_at, time("2026-03-29T01:00:00Z"));
        assert_eq!((entry.job_id, entry.asked_by), (view.last_job, None));
        let job = bed.job(nexus_jobs::JobId(view.last_job.unwrap())).await.job;
        assert_eq!(job.created_by, "schedule:a");
        assert_eq!(job.args["at"], "2026-03-29T03:00:00+02:00");
        assert_eq!(job.args["day"], "2026-03-28");
        assert_eq!(job.args["who"], "of a");
        let known = "queue = 'quiet' AND band = 3 AND attempts_max = 2 AND tags = '{x}'";
        assert_eq!(bed.count("jobs", known).await, 1);
        let reserved = "key = 'tick:a 2026-03-29T01:00:00Z' AND until > now() AND outlives";
        assert_eq!(bed.count("reservations", reserved).await, 1);
    })
    .await;
}

/// What the ledger refuses is that tick's failure, and nobody else's.
#[tokio::test]
async fn a_job_that_is_refused_fails_its_tick_alone() {
    nexus_tests::bounded(async {
        let bed = bed().await;
        bed.schedule_time("2026-03-01T10:30:00Z").await;
        let mut homeless = ticking("@hourly", json!({}));
        homeless["enqueue"]["tenant_id"] = json!(777);
        set(&bed, "a", homeless.clone()).await;
        set(&bed, "b", ticking("@hourly", json!({}))).await;
        let _scheduler = SchedulerRun::start(&bed);
        let view = at(&bed, "a", "2026-03-01T11:00:00Z").await;
        assert_eq!((view.fired, view.failed), (0, 1));
        assert!(view.last_why.unwrap().contains("no tenant 777"));
        assert_eq!(at(&bed, "b", "2026-03-01T11:00:00Z").await.fired, 1);
        assert_eq!(log(&bed, "a").await, ["11:00 failed"]);
        // It may yet be filled in.
        assert_eq!(bed.count("reservations", "key LIKE 'tick:a %'").await, 0);
    })
    .await;
}

/// While another job has the key, the tick is skipped, and says of which job.
#[tokio::test]
async fn a_unique_key_is_the_jobs_own() {
    nexus_tests::bounded(async {
        let bed = bed().await;
        bed.schedule_time("2026-03-01T10:30:00Z").await;
        let mut daily = ticking("@hourly", json!({}));
        daily["enqueue"]["unique_key"] = json!("report {{ date }}");
        set(&bed, "a", daily).await;
        let _scheduler = SchedulerRun::start(&bed);
        let view = at(&bed, "a", "2026-03-01T11:00:00Z").await;
        let first = view.last_job.unwrap();
        let view = at(&bed, "a", "2026-03-01T12:00:00Z").await;
        assert_eq!((view.fired, view.skipped), (1, 1));
        assert_eq!(
            view.last_why.unwrap(),
            format!("job {first} has its unique key")
        );
        assert_eq!(at(&bed, "a", "2026-03-02T00:00:00Z").await.fired, 2);
    })
    .await;
}
