//! When which fault falls: decided by the seed alone.
//!
//! The sorts stand on tracks, each a sequence without end and independent of the others,
//! since what one fault takes to act out must not move another.

use std::time::Duration;

use super::dice::Dice;
use super::fault::{Fault, Link, Sort, Trouble};

/// How close faults follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As often as a large run wants them.
    Full,
    /// Closer, so that each sort lands within a minute.
    Small,
}

impl Pace {
    /// That of a run of so many jobs.
    pub const fn of(jobs: u64) -> Self {
        const LARGE: u64 = 100_000;
        if jobs < LARGE {
            Self::Small
        } else {
            Self::Full
        }
    }

    /// How long jobs are enqueued for, at least, so that every fault meets some.
    pub const fn least(self) -> Duration {
        match self {
            Self::Full => Duration::from_mins(3),
            Self::Small => Duration::from_secs(45),
        }
    }

    const fn period(self, track: Track) -> Duration {
        let seconds = match (track, self) {
            (Track::Workers, _) => 2,
            (Track::Freezes | Track::Relays, Self::Full) => 20,
            (Track::Freezes | Track::Relays, Self::Small) => 13,
            (Track::Redis, Self::Full) => 30,
            (Track::Redis, Self::Small) => 17,
            (Track::Disks, Self::Full) => 47,
            (Track::Disks, Self::Small) => 25,
            (Track::Postgres, Self::Full) => 60,
            (Track::Kafka, Self::Full) => 90,
            (Track::Postgres | Track::Kafka, Self::Small) => 24,
            (Track::Switches, Self::Full) => 15,
            (Track::Switches, Self::Small) => 7,
            (Track::Lines, Self::Full) => 8,
            (Track::Lines, Self::Small) => 4,
        };
        Duration::from_secs(seconds)
    }
}

/// Sorts of which one follows the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Track {
    /// Workers are killed.
    Workers,
    /// Workers are frozen.
    Freezes,
    /// Relays are killed.
    Relays,
    /// Redis is killed, alternately wiped.
    Redis,
    /// Redis's disk is full.
    Disks,
    /// Postgres is stopped.
    Postgres,
    /// The lines are in trouble, one at a time.
    Lines,
    /// Kafka is killed.
    Kafka,
    /// Queues are switched between brokers.
    Switches,
}

impl Track {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Workers,
        Self::Freezes,
        Self::Relays,
        Self::Redis,
        Self::Disks,
        Self::Postgres,
        Self::Lines,
        Self::Kafka,
        Self::Switches,
    ];

    /// Its sorts, in the order in which they come; those of the lines come in any.
    fn sorts(self) -> Vec<Sort> {
        match self {
            Self::Workers => vec![Sort::KillWorker],
            Self::Freezes => vec![Sort::FreezeWorker],
            Self::Relays => vec![Sort::KillRelay],
            Self::Redis => vec![Sort::KillRedis, Sort::WipeRedis],
            Self::Disks => vec![Sort::FullDisk],
            Self::Postgres => vec![Sort::StopPostgres],
            Self::Lines => {
                // Of those that are not wanted, none falls.
                Sort::lines_to([Link::Postgres, Link::Redis, Link::Kafka]).collect()
            }
            Self::Kafka => vec![Sort::KillKafka],
            Self::Switches => vec![Sort::Switch],
        }
    }
}

/// The faults of one track, those of `wanted` sorts only, without end; none where it has
/// no such sort.
pub fn faults(seed: u64, pace: Pace, track: Track, wanted: &[Sort]) -> impl Iterator<Item = Fault> {
    let mut dice = Dice::new(seed, track as u64);
    let period = pace.period(track);
    let mut sorts = track.sorts();
    sorts.retain(|sort| wanted.contains(sort));
    let mut cycle = Vec::new();
    let turns = if sorts.is_empty() { 0 } else { u32::MAX };
    (0..turns).map(move |turn| {
        if cycle.is_empty() {
            cycle = if track == Track::Lines {
                dice.shuffled(sorts.clone())
            } else {
                sorts.iter().rev().copied().collect()
            };
        }
        let sort = cycle.pop().unwrap_or(sorts[0]);
        Fault {
            at: period * turn + dice.between(period / 4, period * 3 / 4),
            sort,
            lasts: lasts(sort, &mut dice),
            luck: dice.roll(),
        }
    })
}

/// For how long a fault is there. A freeze lasts until the lease is lost, whatever that
/// takes; the others that are not named end as soon as the server is back.
fn lasts(sort: Sort, dice: &mut Dice) -> Duration {
    const SECOND: Duration = Duration::from_secs(1);
    match sort {
        Sort::Line(_, Trouble::Stall) => SECOND,
        Sort::Line(_, Trouble::CutReply) => dice.between(SECOND / 5, SECOND),
        Sort::Line(Link::Postgres, Trouble::Blackhole) => dice.between(SECOND, 2 * SECOND),
        Sort::Line(..) | Sort::FullDisk => dice.between(SECOND, 3 * SECOND),
        Sort::KillRedis | Sort::WipeRedis | Sort::KillKafka | Sort::StopPostgres => {
            dice.between(SECOND / 10, SECOND)
        }
        Sort::KillWorker | Sort::FreezeWorker | Sort::KillRelay | Sort::Switch => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::super::options::Transport;
    use super::*;
    use std::collections::HashSet;

    fn first(seed: u64, pace: Pace, within: Duration) -> Vec<Fault> {
        first_of(&Sort::all(), seed, pace, within)
    }

    fn first_of(all: &[Sort], seed: u64, pace: Pace, within: Duration) -> Vec<Fault> {
        let tracks = Track::ALL.into_iter();
        tracks
            .flat_map(|track| faults(seed, pace, track, all).take_while(|f| f.at < within))
            .collect()
    }

    #[test]
    fn a_seed_decides_it_all() {
        let minute = Duration::from_mins(1);
        assert_eq!(first(7, Pace::Full, minute), first(7, Pace::Full, minute));
        assert_ne!(first(7, Pace::Full, minute), first(8, Pace::Full, minute));
    }

    #[test]
    fn each_sort_falls_while_jobs_are_enqueued() {
        for transport in [Transport::Redis, Transport::Kafka, Transport::Both] {
            let all = transport.faults();
            for pace in [Pace::Full, Pace::Small] {
                for seed in 0..50 {
                    let least = transport.least(pace);
                    let fallen: HashSet<_> = first_of(&all, seed, pace, least)
                        .iter()
                        .map(|fault| fault.sort)
                        .collect();
                    assert_eq!(fallen.len(), all.len(), "{pace:?} {seed}");
                }
            }
        }
    }

    #[test]
    fn a_large_run_is_hit_as_often_as_it_is_said() {
        let ten_minutes = first(3, Pace::Full, Duration::from_mins(10));
        let of = |sort| {
            ten_minutes
                .iter()
                .filter(|fault| fault.sort == sort)
                .count()
        };
        assert_eq!(of(Sort::KillWorker), 300);
        assert_eq!(of(Sort::KillRedis) + of(Sort::WipeRedis), 20);
        assert_eq!(of(Sort::WipeRedis), 10);
        assert_eq!(of(Sort::StopPostgres), 10);
    }

    #[test]
    fn what_is_not_wanted_does_not_fall() {
        let wanted = [Sort::KillWorker];
        assert_eq!(faults(1, Pace::Full, Track::Redis, &wanted).count(), 0);
        let first = faults(1, Pace::Full, Track::Workers, &wanted).next();
        assert_eq!(first.unwrap().sort, Sort::KillWorker);
    }
}
