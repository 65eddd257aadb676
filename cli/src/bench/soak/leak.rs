//! What a worker process, Redis and the live tables have grown to, after each hundred
//! thousand jobs.

use nexus_queue::RedisTransport;
use nexus_schema::measure::soak;

use crate::bench::figure::Figure;
use crate::bench::rig::Rig;
use crate::bench::worker::Worker;
use crate::output::note;
use crate::output::number::grouped;

/// Jobs of one step.
const STEP: usize = 100_000;
/// Steps at the start after which things may still grow: pools fill, pages are kept.
const WARM_UP: usize = 2;
const MIB: f64 = 1024.0 * 1024.0;

/// A quantity that should not grow, and its three figures: after the warm-up, at the
/// end, and at most in between.
struct Quantity {
    first: &'static str,
    last: &'static str,
    highest: &'static str,
    unit: &'static str,
}

macro_rules! quantity {
    ($name:literal, $unit:literal) => {
        Quantity {
            first: concat!("soak.leak_", $name, "_first"),
            last: concat!("soak.leak_", $name, "_last"),
            highest: concat!("soak.leak_", $name, "_highest"),
            unit: $unit,
        }
    };
}

/// In the order of [`sample`].
const QUANTITIES: [Quantity; 5] = [
    quantity!("worker_rss_mib", "MiB"),
    quantity!("worker_descriptors", "descriptors"),
    quantity!("redis_keys", "keys"),
    quantity!("redis_mib", "MiB"),
    quantity!("tables_mib", "MiB"),
];

type Sample = [f64; QUANTITIES.len()];

/// Lets one worker process do so many no-op jobs, and looks after each step.
pub(super) async fn measure(rig: &Rig, jobs: usize) -> anyhow::Result<Vec<Figure>> {
    let redis = RedisTransport::new(&rig.settings.redis)?;
    let relay = rig.start_relay();
    let worker = Worker::start(&rig.settings, "{noop = 1000}")?;
    let mut samples = Vec::new();
    let mut done = 0;
    while done < jobs {
        let step = STEP.min(jobs - done);
        let (first, last) = rig.enqueue_noops(step).await?;
        rig.drained(first, last).await?;
        done += step;
        let now = sample(rig, &redis, &worker).await?;
        note(&told(done, &now));
        // Autovacuum comes once a minute, in which a drain does millions.
        soak::vacuum(&rig.settings.postgres).await?;
        samples.push(now);
    }
    worker.stop().await?;
    relay.stop().await;
    Ok(figures(done, &samples))
}

async fn sample(rig: &Rig, redis: &RedisTransport, worker: &Worker) -> anyhow::Result<Sample> {
    let footprint = redis.footprint().await?;
    let tables = soak::live_bytes(&mut *rig.pool.get().await?).await?;
    Ok([
        worker.rss_mib()?,
        as_f64(worker.descriptors()?),
        as_f64(footprint.keys),
        as_f64(footprint.bytes) / MIB,
        as_f64(u64::try_from(tables)?) / MIB,
    ])
}

fn told(done: usize, sample: &Sample) -> String {
    let [rss, descriptors, keys, redis, tables] = sample;
    format!(
        "{} jobs: worker {rss:.1} MiB and {descriptors} descriptors, Redis {keys} keys and \
         {redis:.1} MiB, live tables {tables:.1} MiB",
        grouped(done)
    )
}

fn figures(done: usize, samples: &[Sample]) -> Vec<Figure> {
    let warm = &samples[WARM_UP.min(samples.len().saturating_sub(1))..];
    let (Some(first), Some(last)) = (warm.first(), warm.last()) else {
        return Vec::new();
    };
    let jobs = u64::try_from(done).unwrap_or(u64::MAX);
    let mut figures = vec![Figure::plain("soak.leak_jobs", as_f64(jobs), "jobs")];
    for (at, of) in QUANTITIES.iter().enumerate() {
        let highest = warm.iter().map(|sample| sample[at]).fold(0.0, f64::max);
        figures.extend([
            Figure::plain(of.first, first[at], of.unit),
            Figure::plain(of.last, last[at], of.unit),
            Figure::plain(of.highest, highest, of.unit),
        ]);
    }
    figures
}

#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
fn as_f64(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(samples: &[Sample]) -> Vec<f64> {
        let figures = figures(samples.len() * STEP, samples);
        figures[1..4].iter().map(|figure| figure.value).collect()
    }

    #[test]
    fn the_warm_up_does_not_count() {
        let samples = [9.0, 8.0, 3.0, 5.0, 4.0].map(|value| [value; 5]);
        assert_eq!(values(&samples), [3.0, 4.0, 5.0]);
        assert_eq!(values(&samples[..1]), [9.0; 3], "all there is");
    }
}
