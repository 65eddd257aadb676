use std::fs::OpenOptions;
use std::io::Read as _;
use std::sync::Arc;

use nexus_config::Settings;
use object_store::memory::InMemory;
use object_store::{ObjectStoreExt as _, PutPayload};

use super::*;

const KEY: &str = "2010/may.csv";

async fn store_with(bytes: &'static [u8]) -> Arc<InMemory> {
    let store = Arc::new(InMemory::new());
    put(&store, bytes).await;
    store
}

async fn put(store: &InMemory, bytes: &'static [u8]) {
    let payload = PutPayload::from_static(bytes);
    store
        .put(&Path::parse(KEY).unwrap(), payload)
        .await
        .unwrap();
}

/// Four bytes a request, three tries, at most ten bytes.
fn bounds() -> Bounds {
    Bounds {
        bytes_max: 10,
        part_bytes: 4,
        attempts: 3,
        retry_base: Duration::ZERO,
        ..Bounds::of(&Settings::defaults().datasets)
    }
}

fn fetch(store: &InMemory, file: File) -> Fetch<'_> {
    let asked = Asked {
        url: format!("s3://evidence/{KEY}"),
        store: "evidence".into(),
    };
    Fetch::new(store, KEY, asked, bounds(), file).unwrap()
}

async fn run(store: &InMemory, file: File) -> Result<String, String> {
    let outcome = fetch(store, file).run(FilePath::new("SPOOL")).await;
    let mut file = outcome.map_err(|error| match error {
        OpenError::AtFault(text) => format!("at fault: {text}"),
        OpenError::Passing(error) => format!("passing: {error}"),
    })?;
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    Ok(text)
}

fn empty() -> File {
    tempfile::tempfile().unwrap()
}

#[tokio::test]
async fn an_object_is_fetched_part_by_part_and_whole() {
    for bytes in ["", "a", "abcd", "abcde", "abcdefgh", "abcdefghij"] {
        let store = store_with(bytes.as_bytes()).await;
        assert_eq!(run(&store, empty()).await, Ok(bytes.to_owned()));
    }
}

#[tokio::test]
async fn an_object_that_changes_between_two_parts_is_at_fault() {
    for changed in ["ABCDEFGH", "abc", "abcdefghi"] {
        let store = store_with(b"abcdefgh").await;
        let mut fetch = fetch(&store, empty());
        assert!(!fetch.step().await.unwrap());
        assert_eq!(fetch.at, 4);
        put(&store, changed.as_bytes()).await;
        let Err(Fault::Lasting(text)) = fetch.step().await else {
            panic!("{changed} was taken for the same");
        };
        assert!(text.contains("changed while it was fetched"), "{text}");
    }
}

#[tokio::test]
async fn what_is_too_large_or_missing_is_at_fault() {
    let store = store_with(b"abcdefghijk").await;
    insta::assert_snapshot!(
        run(&store, empty()).await.unwrap_err(),
        @"at fault: s3://evidence/2010/may.csv has 11 bytes; at most 10 are fetched (datasets.fetch_bytes_max)"
    );
    insta::assert_snapshot!(
        run(&InMemory::new(), empty()).await.unwrap_err(),
        @"at fault: s3://evidence/2010/may.csv: there is no such object"
    );
}

#[tokio::test]
async fn a_full_disk_passes_and_names_the_spool() {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let store = store_with(b"abcdefgh").await;
    insta::assert_snapshot!(
        run(&store, full).await.unwrap_err(),
        @"passing: the object cannot be copied to datasets.spool (SPOOL): No space left on device (os error 28)"
    );
}
