use futures_util::FutureExt as _;
use proptest::prelude::*;

use super::*;

#[derive(Clone, Copy, Debug)]
enum Step {
    Allow(usize),
    Take(usize),
    /// The oldest claim found so many jobs.
    Start(usize),
    End,
    Look,
    Found,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0_usize..12).prop_map(Step::Allow),
        (1_usize..6).prop_map(Step::Take),
        (0_usize..6).prop_map(Step::Start),
        Just(Step::End),
        Just(Step::Look),
        Just(Step::Found),
    ];
    prop::collection::vec(step, 1..200)
}

proptest! {
    /// Nobody gets a place beyond what is allowed at that moment, whatever ran before;
    /// whoever asks gets one where one is free; and once all has ended, none is lost.
    #[test]
    fn never_more_than_allowed_and_none_lost(steps in steps()) {
        let slots = Slots::none();
        let (mut claims, mut jobs, mut looks) = (Vec::new(), Vec::new(), Vec::new());
        let mut allowed = 0;
        for step in steps {
            let taken = claims.iter().map(Places::len).sum::<usize>() + jobs.len();
            match step {
                Step::Allow(n) => {
                    slots.allow(n);
                    allowed = n;
                }
                Step::Take(most) => match slots.take(most).now_or_never() {
                    Some(places) => {
                        prop_assert!(taken + places.len() <= allowed && places.len() <= most);
                        claims.push(places);
                    }
                    None => prop_assert!(taken >= allowed),
                },
                Step::Start(found) if !claims.is_empty() => {
                    let mut places = claims.remove(0);
                    places.keep(found);
                    jobs.extend(places.start());
                }
                Step::End => drop(jobs.pop()),
                Step::Look => match slots.look().now_or_never() {
                    Some(looking) => {
                        prop_assert!(taken + looks.len() < allowed);
                        looks.push(looking);
                    }
                    None => prop_assert!(taken + looks.len() >= allowed),
                },
                Step::Found => drop(looks.pop()),
                Step::Start(_) => {}
            }
            prop_assert_eq!(slots.used().running, jobs.len());
        }
        drop((claims, jobs, looks));
        slots.allow(7);
        prop_assert_eq!(slots.take(100).now_or_never().map(|all| all.len()), Some(7));
    }
}

/// Places that come free reach all who wait for one, however they came free.
#[tokio::test]
async fn everybody_who_waits_is_woken() {
    let slots = Slots::none();
    let waiting: Vec<_> = (0..4)
        .map(|_| {
            let slots = Arc::clone(&slots);
            tokio::spawn(async move { slots.take(1).await.start() })
        })
        .collect();
    tokio::task::yield_now().await;
    slots.allow(4);
    let mut all = Vec::new();
    for waits in waiting {
        all.extend(waits.await.unwrap());
    }
    assert_eq!(slots.used().running, 4);
    let late = tokio::spawn({
        let slots = Arc::clone(&slots);
        async move { slots.look().await.room }
    });
    slots.allow(3);
    all.pop();
    tokio::task::yield_now().await;
    assert!(!late.is_finished(), "three run, three are allowed");
    all.pop();
    assert_eq!(late.await.unwrap(), 1);
}

#[test]
fn a_pause_is_settled_once_no_claim_is_under_way() {
    let slots = Slots::none();
    slots.allow(2);
    let claim = slots.take(1).now_or_never().unwrap();
    let job = slots.take(1).now_or_never().unwrap().start();
    slots.allow(0);
    assert!(!slots.used().settled);
    drop(claim);
    let used = Used {
        running: 1,
        settled: true,
    };
    assert_eq!(slots.used(), used, "what runs, runs on");
    drop(job);
}
