//! Unique jobs: whose key is taken, by whom, for how long, and what becomes of the second.

mod races;
mod replaced;

use std::time::Duration;

use nexus_jobs::Enqueued::{Existing, New, Rejected};
use nexus_jobs::{
    Backoff, Enqueued, FailureReason, JobId, NewJob, OnConflict, State, TenantId, Unique,
};
use nexus_schema::ledger;
use nexus_tests::bed::actor;
use nexus_tests::{Claimant, TestBed, dispatch_rows, in_bed};
use serde_json::{Value, value::to_raw_value};

/// A unique job of these arguments.
fn job(args: &Value, unique: Unique) -> NewJob {
    let args = to_raw_value(args).unwrap();
    NewJob::raw("noop", args).unwrap().unique(unique)
}

/// A unique job whose arguments are a number.
fn numbered(n: usize, unique: Unique) -> NewJob {
    job(&serde_json::json!({ "n": n }), unique)
}

async fn enqueue(bed: &TestBed, job: NewJob) -> Enqueued {
    bed.enqueued(&[job]).await[0]
}

#[tokio::test]
async fn a_second_one_is_the_first_until_that_ends() {
    in_bed(async |bed| {
        let first = enqueue(bed, numbered(1, Unique::by_args())).await;
        assert!(first.is_new());
        let second = enqueue(bed, numbered(1, Unique::by_args())).await;
        assert_eq!(second, Existing(first.id()));
        assert!(enqueue(bed, numbered(2, Unique::by_args())).await.is_new());
        let plain = NewJob::raw("noop", to_raw_value(&serde_json::json!({"n": 1})).unwrap());
        assert!(enqueue(bed, plain.unwrap()).await.is_new());
        assert_eq!(bed.count("jobs", "true").await, 3);
        assert_eq!(bed.count("reservations", "true").await, 2);

        let mut conn = bed.conn().await;
        let held = Claimant::new().claim_all(&mut conn).await;
        let done = ledger::complete(&mut conn, &held.settled(&None), &[held.token]).await;
        assert_eq!(done.unwrap().len(), 3);
        assert_eq!(bed.count("reservations", "true").await, 0);
        assert!(enqueue(bed, numbered(1, Unique::by_args())).await.is_new());
    })
    .await;
}

#[tokio::test]
async fn a_key_is_of_a_tenant_a_kind_and_the_chosen_fields() {
    in_bed(async |bed| {
        let args = serde_json::json!({"a": 1, "b": {"x": 1, "y": 2}, "c": 3});
        let by = |fields: &[&str]| Unique::by(fields.iter().copied());
        let first = enqueue(bed, job(&args, by(&["b", "a"]))).await.id();
        // The same in another order, written otherwise, and with another field besides.
        let raw = r#"{"c": 9, "b": {"y":2,"x":1},   "a":1}"#.to_owned();
        let raw = serde_json::value::RawValue::from_string(raw).unwrap();
        let same = NewJob::raw("noop", raw).unwrap().unique(by(&["a", "b"]));
        assert_eq!(enqueue(bed, same.clone()).await, Existing(first));
        for other in [
            same.clone().tenant(TenantId::PLATFORM),
            NewJob {
                kind: "other".to_owned(),
                ..same.clone()
            },
            job(&serde_json::json!({"a": 1, "b": {"x": 1}}), by(&["a", "b"])),
            job(&args, by(&["c"])),
        ] {
            assert!(enqueue(bed, other).await.is_new());
        }
        let none = job(&args, by(&["typo"]));
        let refused = bed.producer().enqueue(&none, &actor()).await.unwrap_err();
        assert!(
            refused.to_string().starts_with("job 0 (noop): "),
            "{refused}"
        );
        assert!(
            refused.to_string().contains("none of the fields"),
            "{refused}"
        );
        assert!(matches!(refused, nexus_schema::Error::Invalid(_)));
        let list = job(&serde_json::json!([1]), by(&["a"]));
        bed.producer().enqueue(&list, &actor()).await.unwrap_err();
    })
    .await;
}

/// Brings a job that takes the key of `unique` into a state.
async fn in_state(bed: &TestBed, unique: Unique, state: State) -> JobId {
    let mut new = numbered(7, unique);
    if state == State::Scheduled {
        new = new.after(Duration::from_hours(1));
    }
    let id = enqueue(bed, new).await.id();
    if matches!(state, State::Scheduled | State::Available) {
        return id;
    }
    let mut conn = bed.conn().await;
    let claimant = Claimant::new();
    let held = claimant.claim_all(&mut conn).await;
    let why = (FailureReason::Error, "e".to_owned());
    let later = (why.0, why.1.clone(), Duration::from_hours(1));
    let by = claimant.worker;
    match state {
        State::Retryable => ledger::retry(&mut conn, &held.settled(&later), by).await,
        State::Completed => ledger::complete(&mut conn, &held.settled(&None), &[]).await,
        State::Discarded => ledger::discard(&mut conn, &held.settled(&why), by).await,
        State::Cancelled => ledger::cancel(&mut conn, &held.settled(&why.1), by).await,
        _ => Ok(Vec::new()),
    }
    .unwrap();
    assert_eq!(bed.state(id).await, state.as_str());
    id
}

#[tokio::test]
async fn each_state_is_in_the_way_if_it_is_among_the_states() {
    in_bed(async |bed| {
        let hour = Duration::from_hours(1);
        for state in State::ALL {
            let only = Unique::by_args().window(hour).states([state]);
            let others = State::ALL.into_iter().filter(|s| *s != state);
            let others = Unique::by_args().window(hour).states(others);
            let id = in_state(bed, only.clone(), state).await;
            let met = enqueue(bed, numbered(7, only.clone())).await;
            assert_eq!(met, Existing(id), "{state} is in the way");
            let refusing = only.on_conflict(OnConflict::Reject);
            let met = enqueue(bed, numbered(7, refusing)).await;
            assert_eq!(met, Rejected(id), "{state} is in the way");
            let met = enqueue(bed, numbered(7, others)).await;
            assert!(met.is_new(), "{state} is not in the way: {met:?}");
            bed.execute(
                "TRUNCATE nexus.jobs, nexus.job_history, nexus.dispatch, nexus.reservations",
            )
            .await;
        }
    })
    .await;
}

/// The end of one that lost its key must not release the key of the one that took it over.
#[tokio::test]
async fn a_key_taken_over_stays_with_its_new_job() {
    in_bed(async |bed| {
        let waiting = Unique::by_args().states([State::Scheduled, State::Available]);
        let first = in_state(bed, waiting.clone(), State::Available).await;
        let mut conn = bed.conn().await;
        let held = Claimant::new().claim_all(&mut conn).await;
        let second = enqueue(bed, numbered(7, waiting.clone())).await;
        assert!(second.is_new() && second.id() != first);
        let done = ledger::complete(&mut conn, &held.settled(&None), &[held.token]).await;
        assert_eq!(done.unwrap(), [first]);
        let third = enqueue(bed, numbered(7, waiting)).await;
        assert_eq!(third, Existing(second.id()));
    })
    .await;
}

#[tokio::test]
async fn a_window_outlasts_a_completed_job_and_runs_out() {
    in_bed(async |bed| {
        let within = || numbered(7, Unique::by_args().window(Duration::from_hours(1)));
        let unique = within().unique.unwrap();
        let first = in_state(bed, unique.clone(), State::Completed).await;
        assert_eq!(enqueue(bed, within()).await, Existing(first));
        // As if the hour had passed.
        bed.execute("UPDATE nexus.reservations SET until = now() - interval '1 s'")
            .await;
        let second = enqueue(bed, within()).await;
        assert!(second.is_new());
        // A discarded job is not in the way, though its reservation is still there.
        let mut conn = bed.conn().await;
        let claimant = Claimant::new();
        let held = claimant.claim_all(&mut conn).await;
        let why = (FailureReason::Error, "e".to_owned());
        ledger::discard(&mut conn, &held.settled(&why), claimant.worker)
            .await
            .unwrap();
        assert_eq!(bed.count("reservations", "true").await, 1);
        assert!(enqueue(bed, within()).await.is_new());

        bed.execute("UPDATE nexus.reservations SET until = now() - interval '1 s'")
            .await;
        enqueue(bed, numbered(8, unique)).await;
        assert_eq!(ledger::sweep_reservations(&mut conn, 10).await.unwrap(), 1);
        assert_eq!(bed.count("reservations", "until > now()").await, 1);
        assert_eq!(bed.count("reservations", "true").await, 1);
    })
    .await;
}

#[tokio::test]
async fn conflicts_in_a_batch_are_told_by_index() {
    in_bed(async |bed| {
        let unique = Unique::by_args;
        let there = enqueue(bed, numbered(1, unique())).await.id();
        let reject = unique().on_conflict(OnConflict::Reject);
        let plain = nexus_tests::bed::noop;
        let became = bed
            .enqueued(&[
                numbered(2, unique()),
                plain(),
                numbered(1, unique()),
                numbered(1, reject.clone()),
                numbered(2, reject),
                plain(),
                numbered(2, unique()),
            ])
            .await;
        let (new, plains) = (became[0].id(), [became[1].id(), became[5].id()]);
        let expected = [
            New(new),
            New(plains[0]),
            Existing(there),
            Rejected(there),
            Rejected(new),
            New(plains[1]),
            Existing(new),
        ];
        assert_eq!(became, expected);
        assert!([new, plains[0], plains[1]].is_sorted());
        assert_eq!(bed.count("jobs", "true").await, 4);
        let rows = dispatch_rows(&mut *bed.conn().await).await;
        let carried: Vec<usize> = rows.iter().map(|row| row.job_ids.len()).collect();
        assert_eq!(carried.iter().sum::<usize>(), 4, "{rows:?}");
    })
    .await;
}

#[tokio::test]
async fn a_thousand_jobs_each_with_options_of_its_own_are_one_call() {
    in_bed(async |bed| {
        let jobs: Vec<NewJob> = (0..1000)
            .map(|n: u64| {
                let act = [
                    OnConflict::Existing,
                    OnConflict::DEBOUNCE,
                    OnConflict::Reject,
                ];
                let unique = Unique::by(["n"]).on_conflict(act[usize::try_from(n % 3).unwrap()]);
                numbered(usize::try_from(n).unwrap(), unique)
                    .after(Duration::from_secs(1 + n))
                    .expires_in(Duration::from_secs(5000 + n))
                    .order_key(format!("key {}", n % 100))
                    .limit_key(format!("limit {n}"))
                    .backoff(Backoff::Fixed {
                        wait: Duration::from_millis(n),
                    })
                    .attempts(1 + u32::try_from(n).unwrap())
            })
            .collect();
        let became = bed.enqueued(&jobs).await;
        assert!(became.iter().all(|job| job.is_new()));
        let as_told = "order_key = 'key ' || (args ->> 'n')::int % 100 \
             AND limit_key = 'limit ' || (args ->> 'n') \
             AND backoff ->> 'wait_ms' = args ->> 'n' AND attempts_max = 1 + (args ->> 'n')::int \
             AND extract(epoch FROM due_at - created_at)::int = 1 + (args ->> 'n')::int \
             AND extract(epoch FROM expires_at - created_at)::int = 5000 + (args ->> 'n')::int";
        assert_eq!(bed.count("jobs", as_told).await, 1000);
        assert_eq!(bed.count("jobs", "parked IS NULL").await, 100);
        assert_eq!(bed.count("jobs", "parked = 'order'").await, 900);
        let again = bed.enqueued(&jobs).await;
        let ids = |all: &[Enqueued]| all.iter().map(|job| job.id()).collect::<Vec<_>>();
        assert_eq!(ids(&again), ids(&became));
        let outcomes: Vec<_> = again[..3].iter().map(|job| job.as_str()).collect();
        assert_eq!(outcomes, ["existing", "replaced", "rejected"]);
        assert_eq!(bed.count("jobs", "true").await, 1000);
    })
    .await;
}
