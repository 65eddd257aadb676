//! Which handler each thread polls just now, and until when it may.
//!
//! A thread notes an attempt before it polls its handler and takes the note away
//! afterwards: a few stores, no lock, no clock. The watchdog reads the notes from
//! its own thread and finds who never came back.

use std::cell::RefCell;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use nexus_jobs::{JobId, Token};

/// The notes of all threads that poll handlers of one process.
#[derive(Debug)]
pub(crate) struct Polls {
    /// Tells the notes of two engines on one thread apart.
    id: u64,
    since: Instant,
    places: Mutex<Vec<Arc<Place>>>,
}

/// What is noted of a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) job: JobId,
    pub(crate) token: Token,
    /// Milliseconds of [`Polls`]'s own time: past it, the poll is stuck.
    until: u64,
}

/// A thread's place for its note. Written by that thread alone.
#[derive(Debug, Default)]
struct Place {
    /// Odd while a poll goes on.
    turn: AtomicU64,
    job: AtomicI64,
    token: [AtomicU64; 2],
    until: AtomicU64,
}

thread_local! {
    /// This thread's places, each with the id of its [`Polls`]. More than one only in tests.
    static PLACES: RefCell<Vec<(u64, Arc<Place>)>> = const { RefCell::new(Vec::new()) };
}

impl Polls {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            since: Instant::now(),
            places: Mutex::default(),
        }
    }

    /// A note for an attempt that may be polled until `until`.
    pub(crate) fn note(&self, job: JobId, token: Token, until: Instant) -> Note {
        Note {
            job,
            token,
            until: self.millis(until),
        }
    }

    /// Runs `poll`, which must not unwind, with a note of it.
    pub(crate) fn during<T>(&self, note: &Note, poll: impl FnOnce() -> T) -> T {
        let noted = self.with_place(|place| place.begin(note));
        let polled = poll();
        if noted {
            self.with_place(Place::end);
        }
        polled
    }

    /// The polls that should have come back by `now`.
    pub(crate) fn overdue(&self, now: Instant) -> Vec<Note> {
        let now = self.millis(now);
        let mut places = self.places();
        // A thread that has ended has let go of its place.
        places.retain(|place| Arc::strong_count(place) > 1);
        let notes = places.iter().filter_map(|place| place.read());
        notes.filter(|note| note.until < now).collect()
    }

    fn millis(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.since).as_millis()).unwrap_or(u64::MAX)
    }

    fn with_place<T>(&self, act: impl FnOnce(&Place) -> T) -> T {
        PLACES.with_borrow_mut(|places| {
            let at = places.iter().position(|(id, _)| *id == self.id);
            let at = at.unwrap_or_else(|| {
                // Of engines that are gone, nobody else holds a place.
                places.retain(|(_, place)| Arc::strong_count(place) > 1);
                let place = Arc::new(Place::default());
                self.places().push(Arc::clone(&place));
                places.push((self.id, place));
                places.len() - 1
            });
            act(&places[at].1)
        })
    }

    fn places(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Place>>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A sequence lock with one writer, in safe code: every part is an atomic of its own.
impl Place {
    /// Notes a poll, unless one is noted: then it is a poll within that poll.
    fn begin(&self, note: &Note) -> bool {
        let turn = self.turn.load(Ordering::Relaxed);
        if turn % 2 == 1 {
            return false;
        }
        let (high, low) = note.token.0.as_u64_pair();
        // Whoever reads a part of this note also sees that the turn before has ended.
        fence(Ordering::Release);
        self.job.store(note.job.0, Ordering::Relaxed);
        self.token[0].store(high, Ordering::Relaxed);
        self.token[1].store(low, Ordering::Relaxed);
        self.until.store(note.until, Ordering::Relaxed);
        self.turn.store(turn + 1, Ordering::Release);
        true
    }

    fn end(&self) {
        let turn = self.turn.load(Ordering::Relaxed);
        self.turn.store(turn + 1, Ordering::Relaxed);
    }

    /// The note, if a poll goes on; `None` also where it ended while this read.
    fn read(&self) -> Option<Note> {
        let turn = self.turn.load(Ordering::Acquire);
        let (high, low) = (
            self.token[0].load(Ordering::Relaxed),
            self.token[1].load(Ordering::Relaxed),
        );
        let note = Note {
            job: JobId(self.job.load(Ordering::Relaxed)),
            token: Token::from_u64_pair(high, low),
            until: self.until.load(Ordering::Relaxed),
        };
        fence(Ordering::Acquire);
        let same = self.turn.load(Ordering::Relaxed) == turn;
        (turn % 2 == 1 && same).then_some(note)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_poll_is_overdue_while_it_goes_on_and_no_longer() {
        let polls = Polls::new();
        let now = Instant::now();
        let note = polls.note(JobId(7), Token::random(), now);
        let later = now + Duration::from_secs(1);
        let seen = polls.during(&note, || (polls.overdue(now), polls.overdue(later)));
        assert_eq!(seen, (vec![], vec![note]));
        assert_eq!(polls.overdue(later), []);
    }

    #[test]
    fn a_poll_within_a_poll_is_the_outer_one_s() {
        let polls = Polls::new();
        let now = Instant::now();
        let (outer, inner) = (JobId(1), JobId(2));
        let note = |job| polls.note(job, Token::random(), now);
        let later = now + Duration::from_secs(1);
        let seen = polls.during(&note(outer), || {
            polls.during(&note(inner), || ());
            polls.overdue(later)
        });
        assert_eq!(seen.iter().map(|n| n.job).collect::<Vec<_>>(), [outer]);
    }

    #[test]
    fn every_thread_has_a_place_and_takes_it_along() {
        let polls = Arc::new(Polls::new());
        let now = Instant::now();
        let (told, tell) = mpsc::channel();
        let threads: Vec<_> = (1..=3)
            .map(|n| {
                let (polls, told) = (Arc::clone(&polls), told.clone());
                let (go_on, wait) = mpsc::channel::<()>();
                let thread = std::thread::spawn(move || {
                    let note = polls.note(JobId(n), Token::random(), now);
                    polls.during(&note, || {
                        told.send(()).unwrap();
                        let _ = wait.recv();
                    });
                });
                (go_on, thread)
            })
            .collect();
        for _ in &threads {
            tell.recv().unwrap();
        }
        let later = now + Duration::from_secs(1);
        let mut jobs: Vec<_> = polls.overdue(later).iter().map(|n| n.job.0).collect();
        jobs.sort_unstable();
        assert_eq!(jobs, [1, 2, 3]);
        for (go_on, thread) in threads {
            drop(go_on);
            thread.join().unwrap();
        }
        assert_eq!(polls.overdue(later), []);
        assert!(polls.places().is_empty());
    }
}
