use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// When each job started, by its id; and how many starts there were of no such job
/// or of one that had started before.
#[derive(Debug)]
pub struct Starts {
    at: Vec<OnceLock<Instant>>,
    total: AtomicUsize,
    wrong: AtomicUsize,
}

impl Starts {
    /// For jobs with ids below `count`.
    pub fn of(count: usize) -> Self {
        Self {
            at: (0..count).map(|_| OnceLock::new()).collect(),
            total: AtomicUsize::new(0),
            wrong: AtomicUsize::new(0),
        }
    }

    /// The handler's whole work.
    pub fn note(&self, id: usize) {
        let new = self
            .at
            .get(id)
            .is_some_and(|at| at.set(Instant::now()).is_ok());
        if !new {
            self.wrong.fetch_add(1, Ordering::Relaxed);
        }
        self.total.fetch_add(1, Ordering::Release);
    }

    /// How many starts there were.
    pub fn total(&self) -> usize {
        self.total.load(Ordering::Acquire)
    }

    /// When the first of them was; an error unless each of the first `count` jobs
    /// started exactly once, and no other did.
    pub fn each_once(&self, count: usize) -> anyhow::Result<Instant> {
        let wrong = self.wrong.load(Ordering::Acquire);
        let started = self.at.iter().filter(|at| at.get().is_some()).count();
        let first = self.at[..count].iter().filter_map(OnceLock::get).min();
        match first {
            Some(first) if wrong == 0 && started == count && self.total() == count => Ok(*first),
            _ => {
                anyhow::bail!("of {count} jobs {started} started, and {wrong} starts were too many")
            }
        }
    }

    /// The median and the 99th percentile, in milliseconds, from enqueue to start of
    /// jobs with consecutive ids from `first`.
    pub fn percentiles(&self, first: usize, enqueued: &[Instant]) -> anyhow::Result<(f64, f64)> {
        let mut waits = Vec::with_capacity(enqueued.len());
        for (at, enqueued) in self.at[first..].iter().zip(enqueued) {
            let started = at
                .get()
                .ok_or_else(|| anyhow::anyhow!("a timed job did not start"))?;
            waits.push(started.duration_since(*enqueued).as_secs_f64() * 1000.0);
        }
        waits.sort_by(f64::total_cmp);
        anyhow::ensure!(!waits.is_empty(), "no job was timed");
        Ok((waits[waits.len() / 2], waits[waits.len() * 99 / 100]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_job_is_to_start_exactly_once() {
        let started = |ids: &[usize]| {
            let starts = Starts::of(3);
            ids.iter().for_each(|id| starts.note(*id));
            starts.each_once(2).is_ok()
        };
        assert!(started(&[1, 0]));
        assert!(!started(&[0]), "one is missing");
        assert!(!started(&[0, 1, 1]), "one started twice");
        assert!(!started(&[0, 0]), "one for another");
        assert!(!started(&[0, 1, 2]), "one was not enqueued");
        assert!(!started(&[0, 1, 3]), "no such job");
    }
}
