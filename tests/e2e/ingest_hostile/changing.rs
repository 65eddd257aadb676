//! Files that somebody writes to while they are read. The load is held at a month in its middle,
//! so that the change surely comes after its beginning was read and before its end was.

use std::fs::OpenOptions;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;

use nexus_tests::held_month::Held;
use nexus_tests::loads::{CANONICAL, generated, whole_sum};
use nexus_tests::{Loading, bounded};

use super::unnumbered;

fn small_chunks(settings: &mut nexus_config::Settings) {
    settings.datasets.chunk_rows = 500;
}

/// Loads a file that is changed once the load stands in its middle, and gives the error.
async fn changed(change: impl FnOnce(&Path)) -> String {
    let loading = Loading::with(small_chunks).await;
    let path = loading.bed().data_file("in.csv", generated(20_000, 6, 0).0);
    let held = Held::at(loading.bed()).await;
    let requested = loading.bed().ask(&path, CANONICAL).await;
    held.stops(loading.bed(), 1).await;
    let read = loading
        .bed()
        .dataset(requested.dataset_id)
        .await
        .dataset
        .rows_read;
    assert!((5000..20_000).contains(&read), "{read}");
    change(&path);
    held.release().await;
    unnumbered(&loading.has_failed(requested).await)
}

#[tokio::test]
async fn a_file_that_grows_while_it_is_read_fails() {
    bounded(async {
        let error = changed(|path| {
            let mut file = OpenOptions::new().append(true).open(path).unwrap();
            file.write_all(b"one more line\n").unwrap();
        });
        insta::assert_snapshot!(error.await, @"the file changed while it was read (its size went from N to N bytes): load it again once it is complete");
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_changed_in_place_while_it_is_read_fails() {
    bounded(async {
        // What was read, and what was not.
        for from in [SeekFrom::Start(500), SeekFrom::End(-500)] {
            let error = changed(|path| {
                let mut file = OpenOptions::new().write(true).open(path).unwrap();
                file.seek(from).unwrap();
                file.write_all(b"7").unwrap();
            });
            let error = error.await;
            insta::allow_duplicates! {
                insta::assert_snapshot!(error, @"the file changed while it was read (it was written to): load it again once it is complete");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_cut_while_it_is_read_fails() {
    bounded(async {
        let error = changed(|path| {
            let file = OpenOptions::new().write(true).open(path).unwrap();
            file.set_len(1_000).unwrap();
        });
        insta::assert_snapshot!(error.await, @"the file changed while it was read (its size went from N to N bytes): load it again once it is complete");
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_replaced_or_removed_while_it_is_read_loads_as_it_was() {
    bounded(async {
        let loading = Loading::with(small_chunks).await;
        let (bytes, expected) = generated(20_000, 6, 0);
        let path = loading.bed().data_file("in.csv", bytes);
        let held = Held::at(loading.bed()).await;
        let requested = loading.bed().ask(&path, CANONICAL).await;
        held.stops(loading.bed(), 1).await;
        let other = loading.bed().data_file("other.csv", "another file\n");
        std::fs::rename(other, &path).unwrap();
        std::fs::remove_file(&path).unwrap();
        held.release().await;
        let ended = loading.bed().ended(requested).await;
        assert_eq!(ended.dataset.dataset.state, "loaded", "{ended:?}");
        let rows = loading.bed().rows(requested.dataset_id).await;
        assert_eq!((rows.rows, rows.sum), (20_000, whole_sum(&expected)));
    })
    .await;
}
