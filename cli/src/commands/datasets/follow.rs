//! Following a load to its end.

use nexus_jobs::{DatasetId, JobId};
use nexus_schema::datasets::{self, DatasetDetail};
use nexus_schema::jobs::JobDetail;

use super::{count, no_dataset};
use crate::output::note;
use crate::output::number::{grouped, per_second};
use crate::output::progress::Progress;
use crate::waiting::{Watch, has_ended};

/// A dataset and its job, once that has ended. Progress is that of the rows committed, towards their number
/// if it is known.
pub(crate) async fn follow(
    watch: &mut Watch,
    id: DatasetId,
    job: JobId,
    rows: Option<u64>,
) -> anyhow::Result<(DatasetDetail, JobDetail)> {
    let mut progress = Progress::start("loading", rows);
    let started = std::time::Instant::now();
    let mut failed_runs = 0;
    loop {
        // The job first: what it wrote is then seen.
        let detail = watch.job(job).await?;
        let found = watch
            .look(async |conn| datasets::find(conn, id).await)
            .await?;
        let dataset = found.ok_or_else(|| no_dataset(id))?;
        if has_ended(&detail) {
            progress.end();
            return Ok((dataset, detail));
        }
        for failed in detail.errors.iter().skip(failed_runs) {
            note(&format!(
                "run {} failed ({}): {}",
                failed.run, failed.reason, failed.error
            ));
        }
        failed_runs = detail.errors.len();
        let read = count(dataset.dataset.rows_read);
        let message = match read {
            0 => format!("job {job} is {}", detail.job.state),
            read => format!(
                "{} rows, {} rows/s",
                grouped(read),
                grouped(per_second(read, started.elapsed()))
            ),
        };
        progress.at(read, &message);
        watch.pause().await?;
    }
}
