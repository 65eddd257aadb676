use std::time::Duration;

use super::super::fleet::Cause;
use super::*;

/// Half of the jitter.
const LUCK: f64 = 0.5;

fn rules() -> Rules {
    Rules {
        restart_base: Duration::from_secs(1),
        restart_cap: Duration::from_secs(20),
        crash_loop_deaths: 5,
        crash_loop_within: Duration::from_mins(1),
        memory_max: 100,
        drain_within: Duration::from_secs(30),
    }
}

/// A fleet with a clock, whose acts are done as they are decided.
struct Play {
    now: Instant,
    fleet: Fleet,
}

impl Play {
    /// So many processes that work.
    fn of(desired: usize) -> Self {
        let now = Instant::now();
        let mut play = Self {
            now,
            fleet: Fleet::new(rules()),
        };
        play.fleet.want(now, desired);
        play.act();
        play.all_work();
        play
    }

    /// Does what is decided, and tells it.
    fn act(&mut self) -> Vec<Act> {
        let acts = decide(self.now, &self.fleet);
        for act in &acts {
            match *act {
                Act::Start(slot) => self.fleet.started(self.now, slot, WorkerId::random(), 1),
                Act::Drain(id, _) => self.fleet.draining(self.now, id, LUCK),
                Act::Kill(id) => self.fleet.killed(self.now, id),
            }
        }
        acts
    }

    fn all_work(&mut self) {
        for id in self.ids() {
            self.fleet.seen(id);
        }
    }

    fn ids(&self) -> Vec<WorkerId> {
        self.fleet.children.iter().map(|child| child.id).collect()
    }

    fn dies(&mut self, id: WorkerId) -> bool {
        self.fleet.ended(self.now, id, Cause::Signal(9), LUCK)
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    /// How long until anything is decided.
    fn until_act(&mut self) -> Duration {
        let from = self.now;
        while decide(self.now, &self.fleet).is_empty() {
            self.pass(Duration::from_millis(100));
            assert!(self.now - from < Duration::from_mins(10), "never");
        }
        self.now - from
    }
}

#[test]
fn as_many_are_started_as_are_wanted() {
    let mut play = Play::of(0);
    play.fleet.want(play.now, 3);
    assert_eq!(play.act(), [Act::Start(0), Act::Start(1), Act::Start(2)]);
    assert_eq!(play.act(), []);
    assert_eq!(play.fleet.working(), 0);
    play.all_work();
    assert_eq!(play.fleet.working(), 3);
}

#[test]
fn the_last_ones_are_drained_when_fewer_are_wanted_and_killed_when_they_do_not_end() {
    let mut play = Play::of(3);
    let ids = play.ids();
    play.fleet.want(play.now, 1);
    let drained = [1, 2].map(|at| Act::Drain(ids[at], Why::NotWanted));
    assert_eq!(play.act(), drained);
    assert!(!play.dies(ids[1]), "as it was asked to");
    assert_eq!(play.act(), []);
    play.pass(Duration::from_secs(30));
    assert_eq!(play.act(), [Act::Kill(ids[2])]);
    assert_eq!(play.act(), []);
    play.dies(ids[2]);
    assert_eq!(play.ids(), [ids[0]]);
}

#[test]
fn wanted_again_a_slot_does_not_wait_for_its_old_process_to_end() {
    let mut play = Play::of(2);
    play.fleet.want(play.now, 1);
    play.act();
    play.fleet.want(play.now, 2);
    assert_eq!(play.act(), [Act::Start(1)]);
}

#[test]
fn a_process_that_died_is_started_again_after_pauses_that_double() {
    let mut play = Play::of(2);
    let mut pauses = Vec::new();
    for deaths in 1..=7 {
        let last = *play.ids().last().unwrap();
        assert!(play.dies(last));
        assert_eq!(play.fleet.is_crash_loop(1), deaths >= 5);
        pauses.push(play.until_act().as_millis());
        assert_eq!(play.act(), [Act::Start(1)]);
    }
    // Half of 1, 2, 4 and 8 s; then, in a crash loop, the longest, without jitter.
    assert_eq!(pauses, [500, 1000, 2000, 4000, 20_000, 20_000, 20_000]);
    assert_eq!(play.fleet.slots[1].restarts, 7);
    assert!(!play.fleet.is_crash_loop(0), "the other is well");
}

#[test]
fn a_process_that_lives_ends_the_crash_loop() {
    let mut play = Play::of(1);
    for _ in 0..5 {
        play.dies(play.ids()[0]);
        play.until_act();
        play.act();
    }
    assert!(play.fleet.is_crash_loop(0));
    play.pass(Duration::from_mins(1));
    play.fleet.forget_deaths(play.now);
    assert!(!play.fleet.is_crash_loop(0));
    play.dies(play.ids()[0]);
    assert_eq!(play.until_act(), Duration::from_millis(500));
}

#[test]
fn a_rolling_restart_replaces_one_at_a_time_successor_first() {
    let mut play = Play::of(3);
    let old = play.ids();
    play.fleet.generation += 1;
    for (slot, old) in old.iter().enumerate() {
        assert_eq!(play.act(), [Act::Start(slot)]);
        assert_eq!(play.act(), [], "its successor does not work yet");
        assert_eq!(play.fleet.working(), 3);
        play.all_work();
        assert_eq!(play.act(), [Act::Drain(*old, Why::Restart)]);
        assert_eq!(play.act(), [], "it has not ended yet");
        assert_eq!(play.fleet.working(), 3);
        assert!(play.fleet.restarts());
        play.dies(*old);
    }
    assert_eq!(play.act(), []);
    assert!(!play.fleet.restarts());
    assert_eq!(play.fleet.slots[0].restarts, 0);
}

#[test]
fn successors_that_die_leave_the_old_ones_at_work() {
    let mut play = Play::of(2);
    let old = play.ids();
    play.pass(Duration::from_mins(5));
    play.fleet.generation += 1;
    for _ in 0..8 {
        play.until_act();
        play.fleet.forget_deaths(play.now);
        assert_eq!(play.act(), [Act::Start(0)]);
        let successor = *play.ids().last().unwrap();
        assert!(play.dies(successor));
        assert_eq!(play.ids(), old);
        assert_eq!(play.fleet.working(), 2);
    }
    assert!(play.fleet.is_crash_loop(0));
}

#[test]
fn an_old_one_that_dies_meanwhile_leaves_its_successor_in_its_place() {
    let mut play = Play::of(1);
    let old = play.ids()[0];
    play.fleet.generation += 1;
    play.act();
    assert!(play.dies(old));
    play.all_work();
    assert_eq!(play.act(), []);
    assert_eq!(play.fleet.working(), 1);
}

#[test]
fn a_process_over_its_memory_is_replaced_successor_first() {
    let mut play = Play::of(2);
    let ids = play.ids();
    play.fleet.child(ids[1]).unwrap().rss = Some(101);
    assert_eq!(play.act(), [Act::Start(1)]);
    assert_eq!(play.act(), []);
    play.all_work();
    assert_eq!(play.act(), [Act::Drain(ids[1], Why::Memory)]);
    play.dies(ids[1]);
    assert_eq!(play.act(), []);
    assert_eq!(play.fleet.slots[1].last_death, Some(Cause::Memory));
}

#[test]
fn a_ceiling_that_every_process_passes_does_not_replace_them_without_end() {
    let mut play = Play::of(1);
    let mut replaced = 0;
    let end = play.now + Duration::from_mins(10);
    while play.now < end {
        play.all_work();
        for child in &mut play.fleet.children {
            child.rss = Some(1000);
        }
        for act in play.act() {
            if let Act::Drain(id, _) = act {
                replaced += 1;
                play.dies(id);
            }
        }
        assert!(play.fleet.working() >= 1);
        play.fleet.forget_deaths(play.now);
        play.pass(Duration::from_millis(500));
    }
    assert!(play.fleet.is_crash_loop(0));
    assert!((25..40).contains(&replaced), "{replaced} in ten minutes");
}

#[test]
fn without_a_ceiling_none_is_over_it() {
    let mut play = Play::of(1);
    play.fleet.rules.memory_max = 0;
    let id = play.ids()[0];
    play.fleet.child(id).unwrap().rss = Some(u64::MAX);
    assert_eq!(play.act(), []);
}
