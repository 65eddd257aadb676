use std::collections::HashMap;

use nexus_jobs::{Event, JobId};

/// Events by waves, as their places: the first ones of each job, then the second ones, and so on. A wave
/// is sent once the one before it was acknowledged, so of one job no event is ever there before the
/// one that goes before it, whatever is lost, tried again or sent twice.
pub(super) fn waves(events: &[Event]) -> Vec<Vec<usize>> {
    let mut seen: HashMap<JobId, usize> = HashMap::new();
    let mut waves: Vec<Vec<usize>> = Vec::new();
    for (place, event) in events.iter().enumerate() {
        let nth = event.job.map_or(0, |job| {
            let before = seen.entry(job).or_default();
            *before += 1;
            *before - 1
        });
        if waves.len() <= nth {
            waves.resize_with(nth + 1, Vec::new);
        }
        waves[nth].push(place);
    }
    waves
}

#[cfg(test)]
mod tests {
    use nexus_jobs::TenantId;

    use super::*;

    fn of(job: Option<i64>) -> Event {
        Event {
            id: String::new(),
            source: String::new(),
            event_type: String::new(),
            subject: None,
            time: None,
            job: job.map(JobId),
            tenant: TenantId(1),
            kind: None,
            depth: 0,
            data: serde_json::Value::Null,
        }
    }

    #[test]
    fn a_job_is_once_in_a_wave() {
        let events = [1, 2, 1, 1, 3, 2].map(|job| of(Some(job)));
        assert_eq!(waves(&events), [vec![0, 1, 4], vec![2, 5], vec![3]]);
        assert_eq!(waves(&[of(None), of(None)]), [vec![0, 1]]);
        assert!(waves(&[]).is_empty());
    }

    /// Over many made-up batches: every event once, and each job's in order.
    #[test]
    fn every_event_is_in_one_wave_after_those_before_it() {
        for seed in 0_u64..200 {
            let jobs: Vec<i64> = (0..40_u64)
                .map(|n| {
                    let mixed = (seed * 41 + n).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60;
                    i64::try_from(mixed).unwrap()
                })
                .collect();
            let events: Vec<Event> = jobs.iter().map(|job| of(Some(*job))).collect();
            let waves = waves(&events);
            let mut sent: Vec<usize> = waves.concat();
            for job in 0..16 {
                let order: Vec<_> = sent.iter().filter(|place| jobs[**place] == job).collect();
                assert!(order.is_sorted());
            }
            sent.sort_unstable();
            assert_eq!(sent, (0..events.len()).collect::<Vec<_>>());
        }
    }
}
