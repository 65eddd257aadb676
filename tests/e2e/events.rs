//! Events: what becomes of jobs is told to whoever listens, and to nobody else.

mod emitted;
pub(crate) mod kafka;
mod outbox;

use std::collections::BTreeMap;
use std::time::Duration;

use diesel_async::AsyncConnection;
use nexus_jobs::{Event, FailureReason, JobId, NewJob};
use nexus_schema::events::{self, Detail, Listened};
use nexus_schema::{AsyncPgConnection, Error, ledger};
use nexus_tests::bed::{actor, noop};
use nexus_tests::{Claimant, TestBed, in_bed};

/// Who listens in these tests.
const LISTENER: &str = "test";

/// Listens to these types, of any kind.
async fn listen(bed: &TestBed, types: &[&str]) {
    let listened: Vec<Listened> = types
        .iter()
        .map(|one| Listened {
            event_type: (*one).to_owned(),
            kinds: None,
        })
        .collect();
    let conn = &mut *bed.conn().await;
    events::listen(conn, LISTENER, &listened).await.unwrap();
}

/// Everything that was told so far, in order; it stays.
async fn told(conn: &mut AsyncPgConnection) -> Vec<Event> {
    let rows = events::take_in_order(conn, LISTENER, usize::MAX)
        .await
        .unwrap();
    events::expand(conn, &rows, "/test", Detail::All)
        .await
        .unwrap()
}

/// The ids of what was told of each job, in order.
fn lives(events: &[Event]) -> BTreeMap<i64, Vec<String>> {
    let mut lives: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for event in events {
        let job = event.job.unwrap().0;
        let id = event.id.strip_prefix(&format!("{job}.")).unwrap();
        lives.entry(job).or_default().push(id.to_owned());
    }
    lives
}

#[expect(clippy::too_many_lines, reason = "one life, told in order")]
#[tokio::test]
async fn each_change_of_a_job_is_told_in_the_order_of_its_life() {
    in_bed(async |bed| {
        listen(bed, &["*"]).await;
        let conn = &mut *bed.conn().await;
        let told_otherwise = noop().order_key("a");
        let ids = bed.enqueue(&[noop(), noop(), noop(), told_otherwise]).await;
        let [first, second, third, ordered] = ids[..] else {
            panic!("{ids:?}");
        };

        let claimant = Claimant::new();
        let claimed = claimant.claim_all(conn).await;
        assert_eq!(claimed.jobs.len(), 4);
        let each = claimed.settled(&());
        let of = |id: JobId| {
            let mut all = each.iter();
            all.find(|one| one.job == id).unwrap().clone()
        };
        let with = |id: JobId, wait| ledger::Settled {
            job: id,
            token: of(id).token,
            with: wait,
        };
        let failed = ledger::Settled {
            job: first,
            token: claimed.token,
            with: (FailureReason::Error, "full".to_owned(), Duration::ZERO),
        };
        ledger::retry(conn, &[failed], claimant.worker)
            .await
            .unwrap();
        ledger::snooze(conn, &[with(second, Duration::ZERO)], claimant.worker)
            .await
            .unwrap();
        ledger::give_back(conn, &[(third, claimed.token)])
            .await
            .unwrap();
        let done = ledger::Settled {
            job: ordered,
            token: claimed.token,
            with: Some(r#"{"rows":3}"#.to_owned()),
        };
        ledger::complete(conn, &[done], &[claimed.token])
            .await
            .unwrap();

        // Again: one is lost, one given up, one called off as it waits.
        let claimant = Claimant::fleeting();
        let held = claimant
            .make(conn, claimant.claim_of(vec![first.0, second.0]))
            .await;
        let dead = ledger::Settled {
            job: first,
            token: held.token,
            with: (FailureReason::Discarded, "never".to_owned()),
        };
        ledger::discard(conn, &[dead], claimant.worker)
            .await
            .unwrap();
        ledger::rescue(conn, 10).await.unwrap();
        for id in [second, third] {
            ledger::cancel_jobs(conn, &[id], "no longer", &actor())
                .await
                .unwrap();
        }

        let events = told(conn).await;
        let lives = lives(&events);
        assert_eq!(
            lives[&first.0],
            [
                "0.enqueued",
                "1.started",
                "1.retrying",
                "2.started",
                "2.discarded"
            ]
        );
        assert_eq!(
            lives[&second.0],
            [
                "0.enqueued",
                "1.started",
                "1.snoozed",
                "2.started",
                "2.rescued",
                "2.cancelled"
            ]
        );
        assert_eq!(
            lives[&third.0],
            ["0.enqueued", "1.started", "1.handed_back", "1.cancelled"]
        );
        assert_eq!(
            lives[&ordered.0],
            ["0.enqueued", "1.started", "1.completed"]
        );

        let data = |id: &str| &events.iter().find(|event| event.id == id).unwrap().data;
        let completed = data(&format!("{ordered}.1.completed"));
        assert_eq!(completed["result"]["rows"], 3);
        assert_eq!(completed["outcome"], "completed");
        assert_eq!(completed["args"], serde_json::json!({}));
        let retrying = data(&format!("{first}.1.retrying"));
        assert_eq!(
            (&retrying["failure"], &retrying["error"]),
            (&"error".into(), &"full".into())
        );
        let discarded = data(&format!("{first}.2.discarded"));
        assert_eq!(
            (&discarded["reason"], &discarded["attempt"]),
            (&"never".into(), &2.into())
        );
        assert_eq!(
            data(&format!("{second}.2.cancelled"))["reason"],
            "no longer"
        );
        assert_eq!(
            data(&format!("{second}.2.rescued"))["failure"],
            "lost_lease"
        );
    })
    .await;
}

#[tokio::test]
async fn where_nobody_listens_nothing_is_written() {
    in_bed(async |bed| {
        let conn = &mut *bed.conn().await;
        bed.enqueue(&[noop(), noop().order_key("a")]).await;
        let claimed = Claimant::new().claim_all(conn).await;
        ledger::complete(conn, &claimed.settled(&None), &[claimed.token])
            .await
            .unwrap();
        assert_eq!(bed.count("events", "true").await, 0);

        // A listener to something else is as good as none.
        listen(bed, &["job.cancelled", "dataset.loaded"]).await;
        bed.enqueue_noops(3).await;
        Claimant::new().claim_all(conn).await;
        assert_eq!(bed.count("events", "true").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_listener_hears_its_kinds_and_types_only() {
    in_bed(async |bed| {
        let conn = &mut *bed.conn().await;
        let listened = Listened {
            event_type: "job.enqueued".to_owned(),
            kinds: Some(vec!["noop".to_owned(), "other".to_owned()]),
        };
        events::listen(conn, LISTENER, &[listened]).await.unwrap();
        let third = NewJob::raw("third", noop().args).unwrap();
        bed.enqueue(&[noop(), third.clone(), noop(), third.order_key("a")])
            .await;
        Claimant::new().claim_all(conn).await;
        let ids: Vec<_> = told(conn).await.into_iter().map(|event| event.id).collect();
        assert_eq!(ids, ["1.0.enqueued", "3.0.enqueued"]);
        // One row for all that changed alike.
        assert_eq!(bed.count("events", "true").await, 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_rolled_back_is_not_told() {
    in_bed(async |bed| {
        listen(bed, &["*"]).await;
        let conn = &mut *bed.conn().await;
        let rules = ledger::Rules::of(bed.settings());
        let rolled_back = conn
            .transaction::<(), Error, _>(async |conn| {
                ledger::enqueue(conn, &[noop()], &actor(), &rules).await?;
                Err(Error::Invalid("on second thoughts".into()))
            })
            .await;
        assert!(rolled_back.is_err());
        assert_eq!(told(conn).await, []);
    })
    .await;
}

#[tokio::test]
async fn the_unique_one_that_is_there_already_is_not_told_again() {
    in_bed(async |bed| {
        listen(bed, &["*"]).await;
        let unique = noop().unique(nexus_jobs::Unique::key("the one"));
        bed.enqueue(&[unique.clone(), unique.clone()]).await;
        bed.enqueue(&[unique]).await;
        let conn = &mut *bed.conn().await;
        assert_eq!(told(conn).await.len(), 1);
        assert_eq!(bed.count("jobs", "true").await, 1);
    })
    .await;
}
