//! A second job that changes the first.

use std::time::Duration;

use nexus_jobs::Enqueued::{Existing, New, Replaced};
use nexus_jobs::{NewJob, OnConflict, Unique};
use nexus_tests::{Claimant, dispatch_rows, in_bed};
use serde_json::json;

use super::{enqueue, job};

fn told(text: &str, act: OnConflict) -> NewJob {
    let unique = Unique::by(["id"]).on_conflict(act);
    job(&json!({"id": 1, "text": text}), unique)
}

#[tokio::test]
async fn a_waiting_job_takes_over_what_is_said() {
    in_bed(async |bed| {
        let hour = Duration::from_hours(1);
        let id = enqueue(bed, told("first", OnConflict::Existing)).await.id();
        let replacing = told("second", OnConflict::REPLACE).after(hour);
        assert_eq!(enqueue(bed, replacing).await, Replaced(id));
        let now = bed.job(id).await.job;
        assert_eq!(
            (&*now.state, &now.args["text"]),
            ("available", &json!("second"))
        );
        assert_eq!(bed.count("dispatch", "true").await, 1);

        let only_due = OnConflict::Replace {
            args: false,
            due: true,
        };
        let later = told("third", only_due).after(hour).expires_in(2 * hour);
        assert_eq!(enqueue(bed, later).await, Replaced(id));
        let now = bed.job(id).await.job;
        assert_eq!(
            (&*now.state, &now.args["text"]),
            ("scheduled", &json!("second"))
        );
        assert!(now.expires_at.unwrap() > now.due_at);
        let rows = dispatch_rows(&mut *bed.conn().await).await;
        assert_eq!(rows.len(), 2, "its new time is a dispatch row of its own");
        assert!(
            rows[1].due_in_s > 3500.0 && rows[1].job_ids == [id.0],
            "{rows:?}"
        );

        // The row of the time before finds nothing to claim.
        let mut conn = bed.conn().await;
        let held = Claimant::new().claim(&mut conn, &rows[..1]).await;
        assert!(held.jobs.is_empty());
        let sooner = told("fourth", OnConflict::DEBOUNCE);
        assert_eq!(enqueue(bed, sooner).await, Replaced(id));
        let held = Claimant::new().claim_all(&mut conn).await;
        assert_eq!(held.ids(), [id.0]);
        assert_eq!(held.jobs[0].args, r#"{"id":1,"text":"fourth"}"#);
        assert_eq!(bed.job(id).await.job.expires_at, None);
    })
    .await;
}

#[tokio::test]
async fn a_running_job_is_left_as_it_is() {
    in_bed(async |bed| {
        let id = enqueue(bed, told("first", OnConflict::Existing)).await.id();
        Claimant::new().claim_all(&mut *bed.conn().await).await;
        let met = enqueue(bed, told("second", OnConflict::DEBOUNCE)).await;
        assert_eq!(met, Existing(id));
        assert_eq!(bed.job(id).await.job.args["text"], "first");
    })
    .await;
}

/// It waits for its turn: a dispatch row would send it past the one before it.
#[tokio::test]
async fn a_parked_job_gets_no_dispatch_row() {
    in_bed(async |bed| {
        bed.enqueue(&[nexus_tests::bed::noop().order_key("k")])
            .await;
        let parked = told("first", OnConflict::Existing).order_key("k");
        let id = enqueue(bed, parked).await.id();
        let later = told("second", OnConflict::DEBOUNCE).after(Duration::from_mins(1));
        assert_eq!(enqueue(bed, later).await, Replaced(id));
        assert_eq!(bed.count("dispatch", "true").await, 1);
        assert_eq!(
            bed.count("jobs", "parked = 'order' AND due_at > now()")
                .await,
            1
        );
    })
    .await;
}

#[tokio::test]
async fn a_later_one_of_the_same_batch_changes_the_former() {
    in_bed(async |bed| {
        let later = told("third", OnConflict::DEBOUNCE).after(Duration::from_hours(1));
        let batch = [
            told("first", OnConflict::Existing),
            told("second", OnConflict::REPLACE),
            later,
        ];
        let became = bed.enqueued(&batch).await;
        let id = became[0].id();
        assert_eq!(became, [New(id), Replaced(id), Replaced(id)]);
        let now = bed.job(id).await.job;
        assert_eq!(
            (&*now.state, &now.args["text"]),
            ("scheduled", &json!("third"))
        );
        let rows = dispatch_rows(&mut *bed.conn().await).await;
        assert!(rows.len() == 1 && rows[0].due_in_s > 3500.0, "{rows:?}");
    })
    .await;
}
