//! Jobs that harm whoever runs them: each ends after its own attempts, and nobody else
//! loses one.

use std::process::ExitStatus;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use nexus_config::Span;
use nexus_jobs::{Job, JobId, NewJob};
use nexus_schema::jobs::JobDetail;
use nexus_tests::bed::{BOUND, bounded};
use nexus_tests::effects::Gated;
use nexus_tests::ends::errors;
use nexus_tests::eventually::SOON;
use nexus_tests::poison::{BlockingPoison, How, Poison};
use nexus_tests::{RelayRun, RescuerRun, TestBed, eventually};
use nexus_workers::stuck::STUCK_EXIT_CODE;
use serde_json::value::RawValue;

const PROGRAM: &str = env!("CARGO_BIN_EXE_nexus-test-worker");
const ATTEMPTS: u32 = 2;
const NEIGHBOURS: usize = 3;
/// More runs than any job takes.
const ALL_RUNS: u32 = 1000;

async fn bed() -> TestBed {
    let millis = |millis| Span::new(Duration::from_millis(millis));
    let bed = TestBed::with(|settings| {
        settings.lease.ttl = millis(1500);
        settings.lease.heartbeat = millis(300);
        settings.workers.timeout_grace = millis(200);
        settings.workers.grace = millis(300);
        settings.workers.written_off_max = 1;
    })
    .await;
    bed.with_effects().await;
    bed
}

/// Starts a worker again whenever it ends, as a supervisor does; notes how it ended.
async fn supervise(bed: &TestBed, ends: &Mutex<Vec<ExitStatus>>) -> ! {
    loop {
        let ended = bed.spawn_test_worker(PROGRAM).wait(BOUND).await;
        ends.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(ended);
    }
}

/// What a poisoned job and its neighbours came to.
struct Aftermath {
    poisoned: JobDetail,
    neighbours: Vec<JobDetail>,
    ends: Vec<ExitStatus>,
}

/// Runs a poisoned job beside neighbours that are at work when it strikes. They may end
/// once it has killed its process, if it does; else only once it is discarded.
async fn aftermath(poisoned: NewJob, kills: bool) -> Aftermath {
    let bed = bed().await;
    let relay = RelayRun::start(bed.pool(), bed.transport(), &bed.settings().relay);
    let _others = (relay, RescuerRun::start(&bed));
    let ends = Mutex::new(Vec::new());
    let (poisoned, neighbours) = tokio::select! {
        ended = strike(&bed, poisoned, kills, &ends) => ended,
        _ = supervise(&bed, &ends) => unreachable!(),
    };
    let mut jobs = Vec::new();
    for id in neighbours {
        jobs.push(bed.job(id).await);
    }
    Aftermath {
        poisoned: bed.job(poisoned).await,
        neighbours: jobs,
        ends: ends.into_inner().unwrap(),
    }
}

async fn strike(
    bed: &TestBed,
    poisoned: NewJob,
    kills: bool,
    ends: &Mutex<Vec<ExitStatus>>,
) -> (JobId, Vec<JobId>) {
    let neighbour = NewJob::of(&Gated { fenced: true }).unwrap();
    let neighbours = bed.enqueue(&vec![neighbour; NEIGHBOURS]).await;
    bed.effects_reach("started", 3).await;
    let poisoned = bed.enqueue(&[poisoned.attempts(ATTEMPTS)]).await[0];
    if kills {
        eventually("its first process is dead", SOON, async || {
            (!ends.lock().unwrap().is_empty()).then_some(())
        })
        .await;
        bed.open_gate(ALL_RUNS).await;
    }
    bed.end_of(poisoned).await;
    bed.open_gate(ALL_RUNS).await;
    for id in &neighbours {
        bed.end_of(*id).await;
    }
    bed.nothing_is_left().await;
    bed.assert_each_effect_once(3).await;
    (poisoned, neighbours)
}

fn poison(how: How) -> NewJob {
    let job = NewJob::of(&Poison { how }).unwrap();
    match how {
        How::Wait | How::Yield | How::Hold => job.timeout(Duration::from_millis(300)),
        // Printing a backtrace may take longer than that.
        How::Panic | How::Overflow | How::Abort | How::Memory => job,
    }
}

impl Aftermath {
    /// The poisoned job is discarded for `reason` after its attempts, no lease lost.
    fn discarded(&self, reason: &str, text: &str) {
        let attempts = i32::try_from(ATTEMPTS).unwrap();
        let job = &self.poisoned.job;
        assert_eq!(job.state, "discarded");
        assert_eq!(
            (job.run, job.attempt, job.lost_leases),
            (attempts, attempts, 0)
        );
        assert_eq!(job.reason.as_deref(), Some(text));
        let expected: Vec<_> = (1..=attempts).map(|n| (n, n, reason, text)).collect();
        assert_eq!(errors(&self.poisoned), expected);
    }

    /// Its first lost lease did not count, and each of its attempts cost another.
    fn discarded_for_lost_leases(&self) {
        let job = &self.poisoned.job;
        assert_eq!(job.state, "discarded");
        assert_eq!((job.run, job.attempt, job.lost_leases), (3, 2, 3));
        let text = "the worker went silent for longer than its lease";
        assert_eq!(job.reason.as_deref(), Some(text));
        let lost = |run, attempt| (run, attempt, "lost_lease", text);
        assert_eq!(errors(&self.poisoned), [lost(1, 0), lost(2, 1), lost(3, 2)]);
        assert_eq!(self.ends.len(), 3, "a process for each: {:?}", self.ends);
        assert!(
            self.ends.iter().all(|end| end.code().is_none()),
            "{:?}",
            self.ends
        );
    }

    /// Neighbours are done, and none has lost an attempt.
    fn spared(&self, lost_leases: i32) {
        for neighbour in &self.neighbours {
            let job = &neighbour.job;
            assert_eq!(
                (job.state.as_str(), job.attempt),
                ("completed", 1),
                "{job:?}"
            );
            assert_eq!(job.lost_leases, lost_leases);
        }
    }

    fn ended_with(&self, codes: &[i32]) {
        let ended: Vec<_> = self.ends.iter().filter_map(ExitStatus::code).collect();
        assert_eq!(ended, codes, "{:?}", self.ends);
    }
}

#[tokio::test]
async fn undecodable_arguments_harm_nobody() {
    bounded(async {
        let args = RawValue::from_string(r#"{"how":"kindly"}"#.to_owned()).unwrap();
        let end = aftermath(NewJob::raw(Poison::KIND, args).unwrap(), false).await;
        let job = &end.poisoned.job;
        assert_eq!((job.state.as_str(), job.attempt), ("discarded", 1));
        assert_eq!(end.poisoned.errors[0].reason, "undecodable");
        assert!(job.reason.as_deref().unwrap().contains("kindly"));
        end.spared(0);
        end.ended_with(&[]);
    })
    .await;
}

#[tokio::test]
async fn a_panic_harms_nobody() {
    bounded(async {
        let end = aftermath(poison(How::Panic), false).await;
        end.discarded("panic", "poisoned");
        end.spared(0);
        end.ended_with(&[]);
    })
    .await;
}

const LATE: &str = "took longer than its timeout of 300ms";

#[tokio::test]
async fn an_endless_wait_harms_nobody() {
    bounded(async {
        let end = aftermath(poison(How::Wait), false).await;
        end.discarded("timeout", LATE);
        end.spared(0);
        end.ended_with(&[]);
    })
    .await;
}

#[tokio::test]
async fn an_endless_loop_that_gives_way_harms_nobody() {
    bounded(async {
        let end = aftermath(poison(How::Yield), false).await;
        end.discarded("timeout", LATE);
        end.spared(0);
        end.ended_with(&[]);
    })
    .await;
}

#[tokio::test]
async fn an_endless_loop_costs_its_process_and_nobody_an_attempt() {
    bounded(async {
        let end = aftermath(poison(How::Hold), false).await;
        end.discarded(
            "timeout",
            &format!("{LATE}, and never gave its thread back"),
        );
        end.spared(0);
        end.ended_with(&[STUCK_EXIT_CODE; 2]);
    })
    .await;
}

/// The first lost thread is borne; the second one is the last of two, so the process
/// drains and starts again.
#[tokio::test]
async fn an_endless_loop_on_the_pool_costs_its_thread() {
    bounded(async {
        let job = NewJob::of(&BlockingPoison {}).unwrap();
        let job = job.timeout(Duration::from_millis(300));
        let end = aftermath(job, false).await;
        end.discarded("timeout", LATE);
        end.spared(0);
    })
    .await;
}

#[tokio::test]
async fn a_full_stack_is_discarded_after_its_attempts() {
    bounded(async {
        let end = aftermath(poison(How::Overflow), true).await;
        end.discarded_for_lost_leases();
        end.spared(1);
    })
    .await;
}

#[tokio::test]
async fn an_abort_is_discarded_after_its_attempts() {
    bounded(async {
        let end = aftermath(poison(How::Abort), true).await;
        end.discarded_for_lost_leases();
        end.spared(1);
    })
    .await;
}

#[tokio::test]
async fn a_hunger_for_memory_is_discarded_after_its_attempts() {
    bounded(async {
        let end = aftermath(poison(How::Memory), true).await;
        end.discarded_for_lost_leases();
        end.spared(1);
    })
    .await;
}

/// Without a supervisor: the process becomes a new one by itself, under its old id.
#[tokio::test]
async fn a_process_that_is_to_live_on_starts_itself_again() {
    bounded(async {
        let bed = bed().await;
        let relay = RelayRun::start(bed.pool(), bed.transport(), &bed.settings().relay);
        let _others = (relay, RescuerRun::start(&bed));
        let worker = bed.spawn_lasting_test_worker(PROGRAM);
        let pid = worker.pid();
        let id = bed.enqueue(&[poison(How::Hold).attempts(ATTEMPTS)]).await[0];
        let end = bed.end_of(id).await;
        assert_eq!((end.job.state.as_str(), end.job.attempt), ("discarded", 2));
        bed.open_gate(ALL_RUNS).await;
        let next = NewJob::of(&Gated { fenced: true }).unwrap();
        let next = bed.enqueue(&[next]).await[0];
        assert_eq!(bed.end_of(next).await.job.attempt, 1);
        assert_eq!(bed.count("workers", &format!("pid = {pid}")).await, 1);
        assert_eq!(
            bed.count("workers", "true").await,
            1,
            "the others said goodbye"
        );
    })
    .await;
}
