use super::*;

fn every_minute(missed: &Value) -> Schedule {
    let mut definition = json!({ "cron": "* * * * *", "enqueue": { "kind": "noop" } });
    for (name, value) in missed.as_object().expect("fields") {
        definition[name] = value.clone();
    }
    schedule(definition)
}

fn minute(minute: i64) -> DateTime<Utc> {
    utc("2026-01-01T00:00:00Z") + chrono::TimeDelta::minutes(minute)
}

/// A plan in minutes: what fires, what is missed (from, through, how many), and what is next.
type Minutes = (Vec<i64>, Vec<(i64, i64, u64)>, Option<i64>);

fn planned(schedule: &Schedule, next: i64, now: i64, grace: u64, most: usize) -> Minutes {
    let grace = Duration::from_secs(grace * 60);
    let plan = schedule.plan(minute(next), minute(now), grace, most);
    let at = |tick: DateTime<Utc>| (tick - minute(0)).num_minutes();
    let missed = plan.missed.iter();
    (
        plan.fire.into_iter().map(at).collect(),
        missed.map(|m| (at(m.first), at(m.last), m.count)).collect(),
        plan.next.map(at),
    )
}

#[test]
fn what_is_late_within_grace_fires_each() {
    for missed in ["skip", "run_once", "catch_up"] {
        let schedule = every_minute(&json!({ "missed": missed }));
        assert_eq!(planned(&schedule, 5, 4, 2, 10), (vec![], vec![], Some(5)));
        assert_eq!(planned(&schedule, 5, 5, 0, 10), (vec![5], vec![], Some(6)));
        assert_eq!(
            planned(&schedule, 5, 7, 2, 10),
            (vec![5, 6, 7], vec![], Some(8))
        );
        assert_eq!(
            planned(&schedule, 5, 7, 2, 2),
            (vec![5, 6], vec![], Some(7))
        );
        assert_eq!(planned(&schedule, 5, 7, 2, 0), (vec![], vec![], Some(5)));
    }
}

#[test]
fn what_is_missed_fires_by_policy() {
    let skip = every_minute(&json!({ "missed": "skip" }));
    assert_eq!(
        planned(&skip, 5, 20, 2, 10),
        (vec![18, 19, 20], vec![(5, 17, 13)], Some(21))
    );
    let once = every_minute(&json!({}));
    assert_eq!(
        planned(&once, 5, 20, 2, 10),
        (vec![17, 18, 19, 20], vec![(5, 16, 12)], Some(21))
    );
    assert_eq!(
        planned(&once, 5, 20, 2, 1),
        (vec![17], vec![(5, 16, 12)], Some(18))
    );
    let three = every_minute(&json!({ "missed": "catch_up", "catch_up_max": 3 }));
    assert_eq!(
        planned(&three, 5, 20, 2, 10),
        (vec![15, 16, 17, 18, 19, 20], vec![(5, 14, 10)], Some(21))
    );
    assert_eq!(
        planned(&three, 17, 20, 2, 10),
        (vec![17, 18, 19, 20], vec![], Some(21))
    );
    assert_eq!(
        planned(&three, 5, 20, 2, 2),
        (vec![15, 16], vec![(5, 14, 10)], Some(17))
    );
    assert_eq!(
        planned(&three, 17, 20, 2, 2),
        (vec![17, 18], vec![], Some(19))
    );
}

#[test]
fn a_schedule_that_is_over_has_no_next() {
    let ends = every_minute(&json!({ "end": "2026-01-01T00:10:00Z" }));
    assert_eq!(
        planned(&ends, 5, 20, 0, 10),
        (vec![9], vec![(5, 8, 4)], None)
    );
    let gone = every_minute(&json!({ "end": "2026-01-01T00:10:00Z", "missed": "skip" }));
    assert_eq!(
        planned(&gone, 5, 20, 0, 10),
        (vec![], vec![(5, 9, 5)], None)
    );
}

#[test]
fn many_missed_ticks_are_counted_to_a_bound() {
    let skip = every_minute(&json!({ "missed": "skip" }));
    let [many] = skip
        .plan(minute(0), minute(2_000), Duration::ZERO, 1)
        .missed[..]
    else {
        panic!("one row of missed ticks");
    };
    assert_eq!((many.count, many.exact), (COUNT_MAX, false));
    assert_eq!((many.first, many.last), (minute(0), minute(1_999)));
    let [all] = skip
        .plan(minute(0), minute(1_000), Duration::ZERO, 1)
        .missed[..]
    else {
        panic!("one row of missed ticks");
    };
    assert_eq!((all.count, all.exact), (1_000, true));
}
