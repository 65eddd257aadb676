use proptest::prelude::*;

use super::*;
use crate::breaker::BreakerState;
use crate::limit::{Limit, Per};

fn limit(name: &str, per: Per, concurrency: Option<u32>, rate: Option<Rate>) -> Limit {
    Limit {
        name: name.into(),
        queue: None,
        kind: None,
        per,
        concurrency,
        rate,
    }
}

fn candidate(id: i64) -> Candidate {
    Candidate {
        id,
        tenant_id: 1,
        kind: "k".into(),
        queue: "q".into(),
        band: 2,
        limit_key: None,
        is_admitted: false,
    }
}

fn rules(limits: Vec<Limit>) -> Rules {
    Rules {
        limits,
        breakers: BTreeMap::new(),
    }
}

#[test]
fn a_job_that_one_limit_refuses_takes_no_place_at_another() {
    let rules = rules(vec![
        limit("a", Per::All, Some(5), None),
        limit("b", Per::Tenant, Some(1), None),
    ]);
    let jobs = [
        candidate(1),
        candidate(2),
        Candidate {
            tenant_id: 7,
            ..candidate(3)
        },
    ];
    let decided = admit(&jobs, &rules, &BTreeMap::new(), Asks::Claim);
    assert_eq!(decided.parked, [(2, "limit:b:1".to_owned())]);
    assert_eq!(decided.taken["limit:a"], 2);
    assert_eq!(decided.taken["limit:b:7"], 1);
}

#[test]
fn who_waits_already_goes_before_who_comes_by() {
    let rules = rules(vec![limit("a", Per::All, Some(5), None)]);
    let waiting = GateState {
        waiting: true,
        ..GateState::default()
    };
    let states = BTreeMap::from([("limit:a".to_owned(), waiting)]);
    let came_by = admit(&[candidate(1)], &rules, &states, Asks::Claim);
    assert_eq!(came_by.admitted, []);
    let released = admit(&[candidate(1)], &rules, &states, Asks::Releaser);
    assert_eq!(released.admitted, [(1, vec!["limit:a".to_owned()])]);
}

#[test]
fn only_the_releaser_sends_probes_and_nobody_passes_an_open_breaker() {
    let mut rules = Rules::default();
    let jobs = [candidate(1), candidate(2), candidate(3)];
    rules
        .breakers
        .insert("k".into(), BreakerState::HalfOpen { left: 2 });
    let admitted = |rules: &Rules, asks| admit(&jobs, rules, &BTreeMap::new(), asks).admitted.len();
    assert_eq!(admitted(&rules, Asks::Claim), 0);
    assert_eq!(admitted(&rules, Asks::Releaser), 2);
    rules.breakers.insert("k".into(), BreakerState::Open);
    assert_eq!(admitted(&rules, Asks::Releaser), 0);
    rules.breakers.insert("k".into(), BreakerState::Closed);
    assert_eq!(admitted(&rules, Asks::Claim), 3);
}

#[test]
fn a_gate_is_known_by_its_name() {
    let mut rules = rules(vec![
        limit("a", Per::All, Some(5), None),
        limit("b", Per::Key, Some(1), None),
    ]);
    rules.breakers.insert("k".into(), BreakerState::Open);
    assert!(rules.bound("limit:a").is_some());
    assert!(rules.bound("limit:b:any:key").is_some());
    assert_eq!(rules.bound("breaker:k"), Some(Bound::Shut));
    for gone in ["limit:a:1", "limit:b", "limit:c", "breaker:other"] {
        assert_eq!(rules.bound(gone), None, "{gone}");
    }
}

prop_compose! {
    fn any_candidate()(id in 1_i64..1000, tenant_id in 1_i64..4, band in 0_i16..4,
                       kind in 0_u8..2, key in prop::option::of(0_u8..3), is_admitted in prop::bool::weighted(0.1))
        -> Candidate {
        Candidate { id, tenant_id, kind: format!("k{kind}"), queue: "q".into(), band,
                    limit_key: key.map(|key| format!("key{key}")), is_admitted }
    }
}

prop_compose! {
    fn any_limit()(per in 0_usize..3, kind in prop::option::of(0_u8..2),
                   concurrency in prop::option::of(0_u32..10), burst in 1_u32..10)
        -> Limit {
        // One without a concurrency has a rate.
        let rate = concurrency.is_none().then_some(Rate { count: 1, per_us: 1_000_000, burst });
        Limit { name: String::new(), queue: None, kind: kind.map(|kind| format!("k{kind}")),
                per: [Per::All, Per::Tenant, Per::Key][per], concurrency, rate }
    }
}

proptest! {
    #[test]
    fn no_gate_lets_in_more_than_it_may(
        jobs in prop::collection::vec(any_candidate(), 0..60),
        limits in prop::collection::vec(any_limit(), 0..4),
        used in 0_u32..12, ahead_us in 0_u64..12_000_000,
    ) {
        let named = limits.into_iter().enumerate();
        let rules = rules(named.map(|(n, limit)| Limit { name: format!("l{n}"), ..limit }).collect());
        let state = GateState { in_use: used, ahead_us, waiting: false };
        let states: BTreeMap<String, GateState> =
            jobs.iter().flat_map(|job| rules.gates(job).into_keys()).map(|gate| (gate, state)).collect();
        let decided = admit(&jobs, &rules, &states, Asks::Releaser);

        prop_assert_eq!(decided.admitted.len() + decided.parked.len(), jobs.len());
        let slots = |gate: &str| decided.admitted.iter().flat_map(|(_, slots)| slots).filter(|s| *s == gate).count();
        for gate in states.keys() {
            let taken = decided.taken.get(gate).copied().unwrap_or(0);
            prop_assert_eq!(slots(gate), taken as usize);
            let room = room(rules.bound(gate).unwrap(), state, Asks::Releaser);
            prop_assert!(taken <= room);
        }
        // Nobody is refused by a gate that has room left, and bands go first: whoever was
        // admitted through the gate that refused one is at least as urgent.
        for (id, gate) in &decided.parked {
            let taken = decided.taken.get(gate).copied().unwrap_or(0);
            prop_assert_eq!(taken, room(rules.bound(gate).unwrap(), state, Asks::Releaser));
            let least = jobs.iter().filter(|job| job.id == *id).map(|job| job.band).max().unwrap();
            for (other, slots) in &decided.admitted {
                if slots.contains(gate) {
                    let band = jobs.iter().filter(|job| job.id == *other).map(|job| job.band).min().unwrap();
                    prop_assert!(band <= least);
                }
            }
        }
    }
}
