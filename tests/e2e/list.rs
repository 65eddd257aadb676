//! Pages of jobs over the live table and history.

use std::collections::BTreeSet;
use std::time::Duration;

use nexus_jobs::kinds::ProcessDataset;
use nexus_jobs::{DatasetId, FailureReason, LoadId, NewJob, QueueName, State, TenantId};
use nexus_schema::jobs::{Filter, JobView, list};
use nexus_schema::ledger;
use nexus_tests::bed::noop;
use nexus_tests::{Claimant, TestBed, dispatch_rows, in_bed};

/// All pages of a filter, each no longer than `size`.
async fn pages(bed: &TestBed, filter: &Filter, size: u32) -> Vec<JobView> {
    let mut conn = bed.conn().await;
    let (mut jobs, mut before) = (Vec::new(), None);
    loop {
        let page = list(&mut conn, filter, before, size).await.unwrap();
        assert!(page.jobs.len() <= size as usize);
        jobs.extend(page.jobs);
        match page.next {
            Some(next) => before = Some(next),
            None => return jobs,
        }
    }
}

/// Sixty jobs: live and finished ones, interleaved.
async fn mixed(bed: &TestBed) {
    let heavy = NewJob::of(&ProcessDataset {
        dataset_id: DatasetId(1),
        load_id: LoadId(1),
    });
    let variants = [
        noop(),
        heavy.unwrap(),
        noop().tags(["red", "blue"]),
        noop().tenant(TenantId::PLATFORM),
        noop().queue(QueueName::new("other").unwrap()),
        noop().after(Duration::from_hours(1)),
    ];
    let jobs: Vec<NewJob> = (0..60).map(|n| variants[n % 6].clone()).collect();
    bed.enqueue(&jobs).await;
    let mut conn = bed.conn().await;
    let rows = dispatch_rows(&mut conn).await;
    let ids: Vec<i64> = rows.into_iter().flat_map(|row| row.job_ids).collect();
    let claimant = Claimant::new();
    let ends = ["complete", "discard", "retry", "run", "leave"];
    for (nth, id) in ids.into_iter().enumerate() {
        let end = ends[nth % ends.len()];
        if end == "leave" {
            continue;
        }
        let held = claimant.make(&mut conn, claimant.claim_of(vec![id])).await;
        let why = (FailureReason::Error, "e".to_owned());
        let later = (why.0, why.1.clone(), Duration::from_hours(1));
        let by = claimant.worker;
        match end {
            "complete" => ledger::complete(&mut conn, &held.settled(&None), &[]).await,
            "discard" => ledger::discard(&mut conn, &held.settled(&why), by).await,
            "retry" => ledger::retry(&mut conn, &held.settled(&later), by).await,
            _ => Ok(Vec::new()),
        }
        .unwrap();
    }
}

#[tokio::test]
async fn every_job_is_on_the_pages_once_the_newest_first() {
    in_bed(async |bed| {
        mixed(bed).await;
        for size in [1, 7, 20, 60, 100] {
            let all = pages(bed, &Filter::default(), size).await;
            assert_eq!(all.len(), 60, "pages of {size}");
            assert!(all.iter().rev().is_sorted_by(|a, b| a.id < b.id));
        }
    })
    .await;
}

#[tokio::test]
async fn filters_divide_the_whole() {
    in_bed(async |bed| {
        mixed(bed).await;
        let all = pages(bed, &Filter::default(), 100).await;
        let mut seen = BTreeSet::new();
        for state in State::ALL {
            let filter = Filter {
                states: vec![state],
                ..Filter::default()
            };
            let found = pages(bed, &filter, 4).await;
            let expected = all.iter().filter(|job| job.state == state.as_str());
            assert_eq!(found.len(), expected.count(), "{state}");
            assert!(state == State::Cancelled || !found.is_empty(), "{state}");
            seen.extend(found.iter().map(|job| job.id));
        }
        assert_eq!(seen.len(), 60);

        let of = |change: fn(&mut Filter)| {
            let mut filter = Filter::default();
            change(&mut filter);
            filter
        };
        let cases = [
            (of(|f| f.kind = Some("process_dataset".into())), 10),
            (of(|f| f.queue = Some("other".into())), 10),
            (of(|f| f.tenant = Some(TenantId::PLATFORM)), 10),
            (of(|f| f.tag = Some("blue".into())), 10),
            (of(|f| f.tag = Some("blu".into())), 0),
            (of(|f| f.kind = Some("noop".into())), 50),
        ];
        for (filter, count) in cases {
            assert_eq!(pages(bed, &filter, 3).await.len(), count, "{filter:?}");
        }
    })
    .await;
}
