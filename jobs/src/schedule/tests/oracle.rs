//! Ticks against a check of every minute by itself, which knows nothing of how they are found.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDateTime, TimeDelta, Timelike};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;

/// The sets that an expression of five fields was written from.
#[derive(Clone, Debug)]
struct Sets {
    minutes: BTreeSet<u32>,
    hours: BTreeSet<u32>,
    days: Option<BTreeSet<u32>>,
    months: Option<BTreeSet<u32>>,
    weekdays: Option<BTreeSet<u32>>,
}

impl Sets {
    fn written(&self) -> String {
        let list = |set: &BTreeSet<u32>| {
            let numbers: Vec<String> = set.iter().map(u32::to_string).collect();
            numbers.join(",")
        };
        let maybe = |set: &Option<BTreeSet<u32>>| set.as_ref().map_or("*".to_owned(), list);
        let (minutes, hours) = (list(&self.minutes), list(&self.hours));
        let (days, months) = (maybe(&self.days), maybe(&self.months));
        format!(
            "{minutes} {hours} {days} {months} {}",
            maybe(&self.weekdays)
        )
    }

    fn allow(&self, local: NaiveDateTime) -> bool {
        let in_set = |set: &Option<BTreeSet<u32>>, value| set.as_ref().map(|s| s.contains(&value));
        let day = in_set(&self.days, local.day());
        let weekday = in_set(&self.weekdays, local.weekday().num_days_from_sunday());
        let is_day = match (day, weekday) {
            (Some(day), Some(weekday)) => day || weekday,
            (one, other) => one.or(other).unwrap_or(true),
        };
        is_day
            && local.second() == 0
            && self.minutes.contains(&local.minute())
            && self.hours.contains(&local.hour())
            && in_set(&self.months, local.month()).unwrap_or(true)
    }
}

fn set(of: std::ops::RangeInclusive<u32>, most: usize) -> impl Strategy<Value = BTreeSet<u32>> {
    let all: Vec<u32> = of.collect();
    subsequence(all, 1..=most).prop_map(|some| some.into_iter().collect())
}

prop_compose! {
    fn sets()(
        minutes in set(0..=59, 6),
        hours in prop_oneof![3 => set(0..=4, 4), 2 => Just((0..=23).collect()), 1 => set(0..=23, 20)],
        days in prop::option::weighted(0.3, set(1..=31, 20)),
        months in prop::option::weighted(0.2, set(1..=12, 8)),
        weekdays in prop::option::weighted(0.3, set(0..=6, 5)),
    ) -> Sets {
        Sets { minutes, hours, days, months, weekdays }
    }
}

/// Zones and days about which their clocks turn.
fn turns() -> impl Strategy<Value = (&'static str, &'static str)> {
    select(vec![
        ("UTC", "2026-03-01"),
        ("Europe/Berlin", "2026-03-29"),
        ("Europe/Berlin", "2026-10-25"),
        ("America/New_York", "2027-03-14"),
        ("America/New_York", "2027-11-07"),
        ("Australia/Lord_Howe", "2026-04-05"),
        ("Australia/Lord_Howe", "2026-10-04"),
        ("America/Havana", "2026-03-08"),
        ("America/Havana", "2026-11-01"),
        ("Africa/Casablanca", "2026-02-15"),
        ("Africa/Casablanca", "2026-03-22"),
        ("Pacific/Apia", "2011-12-30"),
        ("Atlantic/Azores", "2026-10-25"),
        ("Asia/Kathmandu", "2026-12-31"),
        ("America/Santiago", "2026-09-06"),
    ])
}

/// The ticks of a schedule found minute by minute.
fn by_hand(
    schedule: &Schedule,
    sets: &Sets,
    from: DateTime<Utc>,
    minutes: i64,
) -> Vec<DateTime<Utc>> {
    let shown = |at: DateTime<Utc>| schedule.local(at).naive_local();
    let is_interval = sets.hours.len() == 24;
    let fires = |at: &DateTime<Utc>| {
        let local = shown(*at);
        let was_shown = || (1..=180).any(|back| shown(*at - TimeDelta::minutes(back)) == local);
        if sets.allow(local) && (is_interval || !was_shown()) {
            return true;
        }
        let mut skipped = shown(*at - TimeDelta::minutes(1)) + TimeDelta::minutes(1);
        while skipped < local {
            if sets.allow(skipped) {
                return true;
            }
            skipped += TimeDelta::minutes(1);
        }
        false
    };
    let all = (0..minutes).map(|minute| from + TimeDelta::minutes(minute));
    all.filter(fires).collect()
}

proptest! {
    /// No tick is missing, none is too many, about any change of the clocks; and going back finds
    /// the ticks that going forward does.
    #[test]
    fn ticks_are_those_that_every_minute_by_itself_says(
        sets in sets(), (zone, day) in turns(), offset in 0_i64..1440,
    ) {
        const MINUTES: i64 = 2 * 1440;
        let definition = json!({ "cron": sets.written(), "zone": zone, "enqueue": { "kind": "noop" } });
        // Some days are of no month that is allowed.
        let Ok(schedule) = Schedule::new("s", 1, serde_json::from_value(definition).unwrap()) else {
            return Ok(());
        };
        let from = utc(&format!("{day}T00:00:00Z")) - TimeDelta::minutes(offset + 720);
        let second = TimeDelta::seconds(1);
        let through = from + TimeDelta::minutes(MINUTES) - second;
        let ticks: Vec<_> = schedule.ticks(from - second, through).collect();
        prop_assert_eq!(&ticks, &by_hand(&schedule, &sets, from, MINUTES));
        prop_assert!(ticks.is_sorted_by(|a, b| a < b));

        let back = std::iter::successors(schedule.tick_before(through), |tick| {
            schedule.tick_before(*tick - second)
        });
        let mut back: Vec<_> = back.take_while(|tick| *tick >= from).collect();
        back.reverse();
        prop_assert_eq!(back, ticks);
    }

    /// From any time, in any direction: what is next is after it, what was is not, and nothing is
    /// between the two.
    #[test]
    fn going_back_is_the_inverse_of_going_on(
        sets in sets(), (zone, _) in turns(), at in 0_i64..2_500_000_000,
    ) {
        let definition = json!({ "cron": sets.written(), "zone": zone, "enqueue": { "kind": "noop" } });
        let Ok(schedule) = Schedule::new("s", 1, serde_json::from_value(definition).unwrap()) else {
            return Ok(());
        };
        let at = DateTime::from_timestamp(at, 0).unwrap();
        let next = schedule.tick_after(at);
        prop_assert!(next.is_none_or(|next| next > at));
        if let Some(next) = next {
            prop_assert_eq!(schedule.tick_before(next), Some(next));
            prop_assert_eq!(schedule.tick_before(next - TimeDelta::seconds(1)), schedule.tick_before(at));
        }
        if let Some(last) = schedule.tick_before(at) {
            prop_assert!(last <= at);
            prop_assert_eq!(schedule.tick_after(last), next);
        }
    }

    /// Whatever is planned in however small pieces: each tick is decided once, in order, and how many
    /// fire is bounded.
    #[test]
    fn plans_decide_each_tick_once(
        policy in select(vec!["skip", "run_once", "catch_up"]),
        most in 1_usize..8, grace in 0_u64..400, steps in prop::collection::vec(0_i64..3000, 1..12),
    ) {
        let schedule = schedule(json!({
            "cron": "*/7 * * * *", "missed": policy, "enqueue": { "kind": "noop" },
        }));
        let start = utc("2026-01-01T00:00:00Z");
        let (mut now, mut next, mut decided) = (start, start, BTreeSet::new());
        for step in steps {
            now += TimeDelta::seconds(step);
            let plan = schedule.plan(next, now, Duration::from_secs(grace), most);
            prop_assert!(plan.fire.len() <= most);
            for missed in &plan.missed {
                let second = TimeDelta::seconds(1);
                for tick in schedule.ticks(missed.first - second, missed.last) {
                    prop_assert!(tick >= next && tick <= now && decided.insert(tick));
                }
            }
            for tick in plan.fire {
                prop_assert!(tick >= next && tick <= now && decided.insert(tick));
            }
            next = plan.next.unwrap();
            let second = TimeDelta::seconds(1);
            let all: BTreeSet<_> = schedule.ticks(start - second, next - second).collect();
            prop_assert_eq!(&decided, &all);
        }
    }

    /// Whatever is written, reading it ends in a schedule or in words.
    #[test]
    fn no_definition_panics(cron in "[-0-9*/,?@a-zA-Z ]{0,30}", zone in "\\PC{0,12}", text in "\\PC{0,30}") {
        for (cron, text) in [(cron.as_str(), text.clone()), ("@daily", format!("{{{{ {text} }}}}"))] {
            for zone in ["UTC", &zone] {
                let definition = json!({
                    "cron": cron, "zone": zone,
                    "enqueue": { "kind": "report", "args": [text], "unique_key": text },
                });
                let definition = serde_json::from_value(definition).unwrap();
                let _ = Schedule::new("s", 1, definition);
            }
        }
    }
}
