//! The ledger's verbs in any order, against a model of what a job's life is to be.
//!
//! `NEXUS_MODEL_SEED=N` plays the sequences of a run again, `NEXUS_MODEL_SEQUENCES=N` other than 10,000.

use std::time::Duration;

use nexus_tests::model::play::{Difference, play};
use nexus_tests::model::step::{Sequence, sequences};
use nexus_tests::{TestBed, in_bed};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use uuid::Uuid;

/// Sequences played at once.
const GROUP: usize = 500;

/// What all sequences are given: about a minute where two cores have nothing else to do.
const PLAYED_WITHIN: Duration = Duration::from_mins(10);

/// Tries to make a sequence that fails a shorter one.
const SHRINKS_MAX: usize = 400;

/// The same where it is only to be seen that it works.
const SHRINKS_SHOWN: usize = 40;

#[tokio::test]
async fn jobs_live_as_the_model_has_it_whatever_happens_to_them() {
    let bed = &TestBed::new().await;
    let playing = async {
        let seed = number("NEXUS_MODEL_SEED").unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0);
        let mut left = usize::try_from(number("NEXUS_MODEL_SEQUENCES").unwrap_or(10_000)).unwrap();
        let mut runner = runner(seed);
        while left > 0 {
            let any = || sequences().new_tree(&mut runner).unwrap();
            let trees: Vec<_> = std::iter::repeat_with(any).take(left.min(GROUP)).collect();
            let group: Vec<Sequence> = trees.iter().map(ValueTree::current).collect();
            if let Err(first) = play(bed, &group).await {
                let tree = trees.into_iter().nth(first.sequence).unwrap();
                let (shortest, difference) = shrunk(bed, tree, first, SHRINKS_MAX).await;
                panic!(
                    "NEXUS_MODEL_SEED={seed}\nafter round {}: {}\n{shortest:#?}",
                    difference.round, difference.what
                );
            }
            left -= group.len();
            clear(bed).await;
        }
    };
    tokio::time::timeout(PLAYED_WITHIN, playing).await.unwrap();
}

/// The model notices what it is there to notice: a ledger that forgets a dispatch row.
#[tokio::test]
async fn a_ledger_that_forgets_is_found_out_and_the_sequence_shrinks() {
    in_bed(async |bed| {
        bed.execute(
            "CREATE FUNCTION public.forget() RETURNS trigger LANGUAGE plpgsql AS \
             'BEGIN IF NEW.suspect THEN RETURN NULL; END IF; RETURN NEW; END'; \
             CREATE TRIGGER forget BEFORE INSERT ON nexus.dispatch \
             FOR EACH ROW EXECUTE FUNCTION public.forget()",
        )
        .await;
        let mut runner = runner(1);
        let any = || sequences().new_tree(&mut runner).unwrap();
        let trees: Vec<_> = std::iter::repeat_with(any).take(50).collect();
        let group: Vec<Sequence> = trees.iter().map(ValueTree::current).collect();
        let first = play(bed, &group).await.expect_err("a difference");
        let tree = trees.into_iter().nth(first.sequence).unwrap();
        let whole = tree.current();
        let (shortest, _) = shrunk(bed, tree, first, SHRINKS_SHOWN).await;
        let size = |sequence: &Sequence| sequence.starts.len() + sequence.steps.len();
        assert!(size(&shortest) < size(&whole), "{shortest:#?}");
        clear(bed).await;
        assert!(play(bed, &[shortest]).await.is_err(), "alone too");
    })
    .await;
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text}")))
}

fn runner(seed: u64) -> TestRunner {
    let bytes: Vec<u8> = (0..4).flat_map(|n| (seed ^ n).to_le_bytes()).collect();
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    TestRunner::new_with_rng(Config::default(), rng)
}

/// The shortest sequence found that still goes otherwise than the model, alone.
async fn shrunk(
    bed: &TestBed,
    mut tree: impl ValueTree<Value = Sequence>,
    first: Difference,
    tries: usize,
) -> (Sequence, Difference) {
    let (mut shortest, mut difference) = (tree.current(), first);
    for _ in 0..tries {
        clear(bed).await;
        let next = tree.current();
        let more = match play(bed, std::slice::from_ref(&next)).await {
            Err(found) => {
                (shortest, difference) = (next, found);
                tree.simplify()
            }
            Ok(()) => tree.complicate(),
        };
        if !more {
            break;
        }
    }
    (shortest, difference)
}

/// An empty ledger.
async fn clear(bed: &TestBed) {
    bed.execute(
        "TRUNCATE nexus.jobs, nexus.dispatch, nexus.leases, nexus.job_history, nexus.attempt_errors, \
         nexus.cancellations",
    )
    .await;
}
