//! The harness itself, as far as other tests would not notice its faults.

use nexus_config::{LoadFrom, Settings};
use nexus_tests::{TestBed, bounded, in_bed};

#[tokio::test]
async fn the_settings_file_says_what_the_settings_say() {
    in_bed(async |bed| {
        let from = LoadFrom {
            file: Some(bed.settings_file()),
            env: [],
        };
        let loaded = Settings::load(from).unwrap();
        assert_eq!(&loaded.settings, bed.settings());
    })
    .await;
}

#[tokio::test]
async fn a_bed_leaves_neither_database_nor_keys_nor_files() {
    bounded(async {
        let watching = TestBed::new().await;
        let bed = TestBed::new().await;
        bed.enqueue_noops(1).await;
        let url = bed.settings().postgres.app_url.expose().to_owned();
        let database = url.rsplit('/').next().unwrap().to_owned();
        let there = format!("datname = '{database}'");
        assert_eq!(watching.count_in("pg_database", &there).await, 1);
        let dir = bed.dir().to_owned();
        drop(bed);
        assert_eq!(watching.count_in("pg_database", &there).await, 0);
        assert!(!dir.exists());
    })
    .await;
}
