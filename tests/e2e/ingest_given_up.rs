//! A load whose job ends without its handler.

use nexus_config::Settings;
use nexus_schema::datasets::fail_orphans;
use nexus_tests::held_month::{Held, rescue_all};
use nexus_tests::loads::{CANONICAL, generated};
use nexus_tests::{TestBed, WorkerRun, bounded};

fn small_chunks(settings: &mut Settings) {
    settings.datasets.chunk_rows = 500;
}

/// A job that is given up without its handler, as after too many lost leases.
#[tokio::test]
async fn a_dataset_whose_job_was_given_up_fails_and_its_rows_go() {
    bounded(async {
        let bed = TestBed::with(small_chunks).await;
        let (csv, _) = generated(20_000, 5, 10);
        let path = bed.data_file("given-up.csv", csv);
        let held = Held::at(&bed).await;
        let _relay = bed.relay();
        let worker = WorkerRun::start(&bed);
        let asked = bed.ask(&path, CANONICAL).await;
        held.stops(&bed, 1).await;
        assert!(bed.rows(asked.dataset_id).await.rows > 0);
        bed.execute("UPDATE nexus.jobs SET attempt = attempts_max, lost_leases = 3")
            .await;
        assert_eq!(rescue_all(&bed).await.discarded, [asked.job_id]);
        held.release().await;
        worker.stop().await;

        let failed = fail_orphans(&mut *bed.conn().await, 10).await;
        assert_eq!(failed.unwrap(), [asked.load_id]);
        let dataset = bed.dataset(asked.dataset_id).await.dataset;
        assert_eq!((&*dataset.state, dataset.rows_loaded), ("failed", 0));
        assert_eq!(bed.rows(asked.dataset_id).await.rows, 0);
    })
    .await;
}
