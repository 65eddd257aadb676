//! Calling jobs off, from outside, and giving them another time; deadlines.

use std::time::Duration;

use nexus_jobs::{Due, JobId, NewJob, State};
use nexus_schema::jobs::{self, Filter};
use nexus_schema::ledger::{self, CancelAnswer, NOT_STARTED, Swept};
use nexus_tests::bed::{actor, noop};
use nexus_tests::eventually::SOON;
use nexus_tests::{ApiRun, Claimant, RescuerRun, TestBed, dispatch_rows, eventually, in_bed};
use serde_json::json;

async fn cancel(bed: &TestBed, ids: &[JobId]) -> Vec<CancelAnswer> {
    let conn = &mut *bed.conn().await;
    let answers = ledger::cancel_jobs(conn, ids, "no need", &actor())
        .await
        .unwrap();
    assert!(
        answers.iter().map(|(id, _)| id).eq(ids),
        "in the order asked"
    );
    answers.into_iter().map(|(_, answer)| answer).collect()
}

#[tokio::test]
async fn who_waits_is_cancelled_who_runs_is_asked_and_each_is_told() {
    in_bed(async |bed| {
        let conn = &mut *bed.conn().await;
        let ended = bed.enqueue_noops(1).await[0];
        let held = Claimant::new().claim_all(conn).await;
        ledger::complete(conn, &held.settled(&None), &[held.token])
            .await
            .unwrap();
        let running = bed.enqueue_noops(1).await[0];
        let held = Claimant::new().claim_all(conn).await;
        let waiting = bed.enqueue(&[noop().after(Duration::from_hours(1))]).await[0];
        let unknown = JobId(1_000_000);
        let answers = cancel(bed, &[unknown, running, waiting, ended]).await;
        let expected = [
            CancelAnswer::Unknown,
            CancelAnswer::AskedToStop,
            CancelAnswer::Cancelled,
            CancelAnswer::AlreadyFinished,
        ];
        assert_eq!(answers, expected);
        let off = bed.job(waiting).await.job;
        assert_eq!(
            (off.state.as_str(), off.reason.as_deref()),
            ("cancelled", Some("no need"))
        );
        assert_eq!(off.ended_by.as_deref(), Some(actor().as_str()));
        let asked = bed.job(running).await;
        assert_eq!(asked.job.state, "running");
        assert_eq!(asked.stop_asked.unwrap().reason, "no need");
        // A late completion is no less an end.
        ledger::complete(conn, &held.settled(&None), &[held.token])
            .await
            .unwrap();
        assert_eq!(
            cancel(bed, &[running]).await,
            [CancelAnswer::AlreadyFinished]
        );
        assert!(bed.job(running).await.stop_asked.is_none());
        // Its dispatch row stays until a claim finds nothing.
        assert_eq!(dispatch_rows(conn).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_dispatch_row_of_a_cancelled_job_is_settled_by_a_claim_that_finds_nothing() {
    in_bed(async |bed| {
        let ids = bed.enqueue_noops(3).await;
        cancel(bed, &ids[1..2]).await;
        let conn = &mut *bed.conn().await;
        let held = Claimant::new().claim_all(conn).await;
        assert_eq!(held.ids(), [ids[0].0, ids[2].0]);
        assert_eq!(dispatch_rows(conn).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_job_asked_to_stop_that_waits_again_is_swept_and_what_ended_is_forgotten() {
    in_bed(async |bed| {
        let ids = bed.enqueue_noops(3).await;
        let conn = &mut *bed.conn().await;
        let held = Claimant::new().claim_all(conn).await;
        cancel(bed, &ids).await;
        assert_eq!(
            ledger::sweep(conn, 10).await.unwrap(),
            Swept::default(),
            "all run"
        );
        ledger::give_back(conn, &held.held()[..1]).await.unwrap();
        ledger::complete(conn, &held.settled(&None)[1..2], &[])
            .await
            .unwrap();
        let swept = ledger::sweep(conn, 10).await.unwrap();
        assert_eq!((swept.cancelled, swept.ended, swept.expired), (1, 1, 0));
        let states = [
            bed.state(ids[0]).await,
            bed.state(ids[1]).await,
            bed.state(ids[2]).await,
        ];
        assert_eq!(states, ["cancelled", "completed", "running"]);
        assert_eq!(bed.job(ids[0]).await.job.reason.as_deref(), Some("no need"));
        assert_eq!(bed.count("cancellations", "true").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_cancellation_and_a_claim_at_once_leave_each_job_with_one_of_them() {
    in_bed(async |bed| {
        let ids = bed.enqueue_noops(200).await;
        let claiming = async {
            let mut conn = bed.conn().await;
            let mut claimed = Vec::new();
            for id in &ids {
                let by = Claimant::new();
                claimed.extend(by.make(&mut conn, by.claim_of(vec![id.0])).await.ids());
            }
            claimed
        };
        let cancelling = async {
            let mut answers = Vec::new();
            for id in ids.iter().rev() {
                answers.push((id.0, cancel(bed, &[*id]).await[0]));
            }
            answers
        };
        let (claimed, answers) = tokio::join!(claiming, cancelling);
        for (id, answer) in answers {
            let expected = if claimed.contains(&id) {
                // Asked before its claim, it could not be; after it, it is.
                CancelAnswer::AskedToStop
            } else {
                CancelAnswer::Cancelled
            };
            assert_eq!(answer, expected, "job {id}");
        }
    })
    .await;
}

#[tokio::test]
async fn many_are_cancelled_by_what_they_have_in_common() {
    in_bed(async |bed| {
        let tagged = noop().tags(["old"]);
        bed.enqueue(&[vec![tagged; 25], vec![noop(); 5]].concat())
            .await;
        let by_tag = ["jobs", "cancel", "--tag", "old", "--json"];
        let counted = bed.nexus_ok(&[&by_tag[..], &["--dry-run"]].concat()).await;
        assert!(counted.contains("\"matching\": 25"), "{counted}");
        assert_eq!(bed.count("jobs", "true").await, 30);
        let done = bed
            .nexus_ok(&[&by_tag[..], &["--reason", "stale"]].concat())
            .await;
        assert!(done.contains("\"cancelled\": 25"), "{done}");
        assert_eq!(
            bed.count("job_history", "reason = 'stale' AND ended_by LIKE 'os:%'")
                .await,
            25
        );
        let open = bed.nexus(&["jobs", "cancel"]).await;
        assert_eq!(open.status.code(), Some(2), "all must be said");
        let one = bed.nexus_ok(&["jobs", "cancel", "26", "27"]).await;
        assert_eq!(one, "job 26: cancelled\njob 27: cancelled\n");
        assert_eq!(
            bed.nexus(&["jobs", "cancel", "404"]).await.status.code(),
            Some(3)
        );
        // A step at a time, and no job enqueued meanwhile.
        let conn = &mut *bed.conn().await;
        let filter = Filter::default();
        let last = JobId(jobs::survey(conn, &filter).await.unwrap().last.unwrap());
        let late = bed.enqueue_noops(1).await[0];
        let mut next = Some(JobId(0));
        let mut steps = 0;
        while let Some(after) = next {
            let step =
                ledger::cancel_matching(conn, &filter, (after, last), 2, "r", &actor()).await;
            next = step.unwrap().next;
            steps += 1;
        }
        assert_eq!(steps, 2);
        assert_eq!(bed.state(late).await, "available");
        let finals = Filter {
            states: vec![State::Completed],
            ..Filter::default()
        };
        let range = (JobId(0), last);
        let refused = ledger::cancel_matching(conn, &finals, range, 2, "r", &actor()).await;
        assert!(refused.is_err());
    })
    .await;
}

#[tokio::test]
async fn the_api_cancels_one_or_many_and_moves_due_times() {
    in_bed(async |bed| {
        let api = ApiRun::start(bed).await;
        let ids = bed
            .enqueue(&vec![noop().after(Duration::from_hours(1)); 4])
            .await;
        let one = api
            .post(
                &format!("/v1/jobs/{}/cancel", ids[0]),
                &json!({"reason": "r"}),
            )
            .await;
        assert_eq!(one.expect(200)["answer"], "cancelled");
        assert_eq!(bed.job(ids[0]).await.job.reason.as_deref(), Some("r"));
        let bare = nexus_tests::http::Request::new("POST", format!("/v1/jobs/{}/cancel", ids[0]));
        assert_eq!(
            api.send(bare).await.expect(200)["answer"],
            "already_finished"
        );
        api.post("/v1/jobs/404/cancel", &json!({})).await.error(404);
        let second = format!("/v1/jobs/{}", ids[1]);
        let patch = |body: serde_json::Value| {
            let request = nexus_tests::http::Request::json("PATCH", second.clone(), &body);
            let addr = api.addr();
            async move { request.send(addr).await }
        };
        let moved = patch(json!({"delay": "0s"})).await.expect(200);
        assert_eq!(moved["state"], "available");
        patch(json!({})).await.error(422);
        api.post("/v1/jobs/cancel", &json!({})).await.error(422);
        api.post("/v1/jobs/cancel", &json!({"states": ["completed"]}))
            .await
            .error(422);
        let counted = api
            .post("/v1/jobs/cancel", &json!({"kind": "noop", "dry_run": true}))
            .await;
        assert_eq!(counted.expect(200)["matching"], 3);
        let many = api
            .post("/v1/jobs/cancel", &json!({"kind": "noop"}))
            .await
            .expect(200);
        assert_eq!(many["answers"].as_array().unwrap().len(), 3);
        assert_eq!(bed.count("jobs", "true").await, 0);
        patch(json!({"delay": "5m"})).await.error(409);
    })
    .await;
}

#[tokio::test]
async fn a_waiting_job_is_run_now_or_later() {
    in_bed(async |bed| {
        let id = bed.enqueue(&[noop().after(Duration::from_hours(1))]).await[0];
        let said = bed.nexus_ok(&["jobs", "run-now", &id.to_string()]).await;
        assert!(said.starts_with(&format!("job {id} is due ")), "{said}");
        let conn = &mut *bed.conn().await;
        let due: Vec<_> = dispatch_rows(conn)
            .await
            .into_iter()
            .filter(|r| r.due_in_s <= 0.0)
            .collect();
        assert_eq!(due.len(), 1);
        bed.nexus_ok(&["jobs", "reschedule", &id.to_string(), "--in", "2h"])
            .await;
        assert_eq!(bed.state(id).await, "scheduled");
        // The row of the time before finds it not due, and goes.
        let claimant = Claimant::new();
        assert_eq!(claimant.claim(conn, &due).await.ids(), [0_i64; 0]);
        assert!(
            dispatch_rows(conn)
                .await
                .iter()
                .all(|row| row.due_in_s > 0.0)
        );
        let at = (chrono::Utc::now() - chrono::TimeDelta::minutes(1)).to_rfc3339();
        bed.nexus_ok(&["jobs", "reschedule", &id.to_string(), "--at", &at])
            .await;
        let held = claimant.claim_all(conn).await;
        assert_eq!(held.ids(), [id.0]);
        assert_eq!(
            bed.nexus(&["jobs", "run-now", &id.to_string()])
                .await
                .status
                .code(),
            Some(1)
        );
        assert_eq!(
            bed.nexus(&["jobs", "run-now", "404"]).await.status.code(),
            Some(3)
        );
        assert_eq!(ledger::reschedule(conn, &[id], Due::Now).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_suspect_is_rescheduled_as_a_suspect_and_a_parked_job_stays_parked() {
    in_bed(async |bed| {
        let id = bed.enqueue_noops(1).await[0];
        let conn = &mut *bed.conn().await;
        Claimant::fleeting().claim_all(conn).await;
        ledger::rescue(conn, 10).await.unwrap();
        ledger::reschedule(conn, &[id], Due::In(Duration::from_hours(1)))
            .await
            .unwrap();
        assert!(dispatch_rows(conn).await.iter().all(|row| row.suspect));
        bed.execute("TRUNCATE nexus.dispatch, nexus.jobs").await;
        let kind = NewJob::raw("test.unknown", noop().args).unwrap();
        let parked = bed.enqueue(&[kind]).await[0];
        Claimant::new().claim_all(conn).await;
        assert_eq!(
            bed.job(parked).await.job.parked.as_deref(),
            Some("unknown_kind")
        );
        ledger::reschedule(conn, &[parked], Due::In(Duration::from_hours(1)))
            .await
            .unwrap();
        assert_eq!(dispatch_rows(conn).await, []);
        ledger::unpark_kinds(conn, &["test.unknown".to_owned()], 10)
            .await
            .unwrap();
        assert!(dispatch_rows(conn).await[0].due_in_s > 3000.0);
    })
    .await;
}

#[tokio::test]
async fn a_slot_of_a_job_that_is_put_off_is_free_for_others() {
    in_bed(async |bed| {
        let ids = bed.enqueue_noops(2).await;
        bed.execute("INSERT INTO nexus.gates (gate, in_use) VALUES ('g', 2)")
            .await;
        bed.execute("UPDATE nexus.jobs SET slots = '{g}'").await;
        let conn = &mut *bed.conn().await;
        ledger::reschedule(conn, &ids[..1], Due::Now).await.unwrap();
        assert_eq!(bed.count("gate_ends", "true").await, 0, "about to run");
        ledger::reschedule(conn, &ids[..1], Due::In(Duration::from_hours(1)))
            .await
            .unwrap();
        assert_eq!(bed.count("gate_ends", "jobs = 1").await, 1);
        cancel(bed, &ids).await;
        assert_eq!(bed.count("gate_ends", "jobs = 1").await, 2);
    })
    .await;
}

#[tokio::test]
async fn what_is_not_started_by_its_deadline_is_discarded_parked_or_not() {
    in_bed(async |bed| {
        let unknown = NewJob::raw("test.unknown", noop().args).unwrap();
        let ids = bed.enqueue(&[noop(), unknown, noop(), noop()]).await;
        let conn = &mut *bed.conn().await;
        let claimant = Claimant::new();
        // The second is parked, the third has started and waits again.
        let mut wanted = claimant.claim_of(vec![ids[1].0, ids[2].0]);
        wanted.whole = Vec::new();
        let held = claimant.make(conn, wanted).await;
        ledger::give_back(conn, &held.held()).await.unwrap();
        let late = format!(
            "UPDATE nexus.jobs SET expires_at = now() WHERE id <> {}",
            ids[3]
        );
        bed.execute(&late).await;
        // A claim leaves alone what a sweep is about to take.
        let again = claimant.make(conn, claimant.claim_of(vec![ids[0].0])).await;
        assert_eq!(again.ids(), [0_i64; 0]);
        let rescuer = RescuerRun::start(bed);
        eventually("both are discarded", SOON, async || {
            (bed.count("job_history", "true").await == 2).then_some(())
        })
        .await;
        for id in &ids[..2] {
            let dead = bed.job(*id).await.job;
            assert_eq!(
                (dead.state.as_str(), dead.reason.as_deref()),
                ("discarded", Some(NOT_STARTED))
            );
            assert_eq!((dead.run, dead.attempt), (0, 0));
        }
        drop(rescuer);
        assert_eq!(ledger::sweep(conn, 10).await.unwrap(), Swept::default());
        assert_eq!(bed.count("jobs", "true").await, 2);
    })
    .await;
}
