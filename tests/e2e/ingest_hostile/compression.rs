//! Compressed files that break off, that lie, and that unfold without end.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use nexus_config::Bytes;
use nexus_tests::loads::{CANONICAL, generated, gzip};
use nexus_tests::{Loading, TestBed, bounded};

use super::{HEADER, PROFILE, unnumbered};

/// What a bomb unfolds to: beyond the 64 MiB below which no ratio is looked at.
const BOMB_BYTES: u64 = 96 << 20;

/// What a bomb may add to a worker's memory.
const GROWTH_BYTES_MAX: u64 = 32 << 20;

fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn small_chunks(settings: &mut nexus_config::Settings) {
    settings.datasets.chunk_rows = 500;
}

#[tokio::test]
async fn a_truncated_or_damaged_zstd_takes_its_committed_rows_with_it() {
    bounded(async {
        let loading = Loading::with(small_chunks).await;
        let whole = zstd(&generated(20_000, 1, 10).0);
        let cut = &whole[..whole.len() * 3 / 5];
        let error = loading.fails("cut.csv.zst", cut, CANONICAL).await;
        insta::assert_snapshot!(unnumbered(&error), @"the zstd file is truncated: it ends in the middle of its data after N bytes");
        // The checksum that it ends with.
        let mut damaged = whole.clone();
        *damaged.last_mut().unwrap() ^= 1;
        let error = loading.fails("damaged.csv.zst", damaged, CANONICAL).await;
        insta::assert_snapshot!(unnumbered(&error), @"the zstd file is damaged within its first N bytes: Restored data doesn't match checksum");
        // Chunks were committed, and their rejects are kept.
        assert!(loading.bed().count("dataset_rejects", "true").await > 20);
        let error = loading.fails("head.csv.zst", &whole[..9], CANONICAL).await;
        insta::assert_snapshot!(error, @"the zstd file is truncated: it ends in the middle of its data after 9 bytes");
        let error = loading.fails("head.csv.gz", &gzip(b"a,b\n1,2\n")[..15], CANONICAL).await;
        insta::assert_snapshot!(error, @"the gzip file is truncated: it ends in the middle of its data after 15 bytes");
    })
    .await;
}

#[tokio::test]
async fn archives_in_compressed_files_are_named() {
    bounded(async {
        let loading = Loading::start().await;
        let mut tar = vec![0; 512];
        tar[..6].copy_from_slice(b"in.csv");
        tar[257..262].copy_from_slice(b"ustar");
        tar.extend(b"date,amount\n");
        let error = async |bytes: &[u8]| loading.fails("in.csv", bytes, PROFILE).await;
        insta::assert_snapshot!(error(&tar).await, @"the file is neither CSV nor JSON Lines but looks like a tar archive: convert it to one of them first");
        insta::assert_snapshot!(error(&gzip(&tar)).await, @"the file is neither CSV nor JSON Lines but looks like a tar archive inside gzip: convert it to one of them first");
        insta::assert_snapshot!(error(&zstd(b"PK\x03\x04\x14\0\x06\0")).await, @"the file is neither CSV nor JSON Lines but looks like a ZIP archive (which an .xlsx workbook is, too) inside zstd: convert it to one of them first");
        insta::assert_snapshot!(error(&gzip(&gzip(b"date,amount\n"))).await, @"the file is neither CSV nor JSON Lines but looks like gzip inside gzip: convert it to one of them first");
        insta::assert_snapshot!(error(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0").await, @"the file is neither CSV nor JSON Lines but looks like an old Office document (.xls): convert it to one of them first");
        insta::assert_snapshot!(error(b"BZh91AY&SY\x12\x34").await, @"the file is neither CSV nor JSON Lines but looks like bzip2: convert it to one of them first");
        insta::assert_snapshot!(error(&[0; 4096]).await, @"the file is not text: read as utf-8, its beginning is full of control characters");
    })
    .await;
}

#[tokio::test]
async fn what_unfolds_beyond_the_bound_is_refused() {
    bounded(async {
        let loading = Loading::with(|settings| {
            small_chunks(settings);
            settings.datasets.decoded_bytes_max = Bytes::new(1 << 20);
        })
        .await;
        let (bytes, _) = generated(20_000, 1, 0);
        assert!(bytes.len() > 1 << 20);
        for (name, bytes) in [("in.csv.gz", gzip(&bytes)), ("in.csv.zst", zstd(&bytes)), ("in.csv", bytes)] {
            let error = loading.fails(name, bytes, CANONICAL).await;
            insta::allow_duplicates! {
                insta::assert_snapshot!(error, @"the file's content is larger than 1048576 bytes, which is all that datasets.decoded_bytes_max allows: split the file, or raise the bound");
            }
        }
    })
    .await;
}

/// A table whose second row goes on and on.
fn bomb() -> impl Read {
    let head = [HEADER, "2010-03-01,1,a\n"].concat();
    std::io::Cursor::new(head).chain(std::io::repeat(b'x').take(BOMB_BYTES))
}

fn gzip_of(mut from: impl Read) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    std::io::copy(&mut from, &mut encoder).unwrap();
    encoder.finish().unwrap()
}

fn zstd_of(from: impl Read) -> Vec<u8> {
    zstd::stream::encode_all(from, 1).unwrap()
}

#[tokio::test]
async fn a_bomb_is_refused_by_its_ratio_in_bounded_memory() {
    bounded(async {
        let bed = TestBed::new().await;
        let _relay = bed.relay();
        let worker = bed.spawn(&["work"]);
        let good = bed.data_file("good.csv", [HEADER, "2010-03-01,1,a\n"].concat());
        let loads = async || {
            let ended = bed.ended(bed.ask(&good, PROFILE).await).await;
            assert_eq!(ended.dataset.dataset.state, "loaded", "{ended:?}");
        };
        loads().await;
        let before = worker.peak_memory();
        let bombs = [("bomb.csv.gz", gzip_of(bomb())), ("bomb.csv.zst", zstd_of(bomb()))];
        for (name, bytes) in bombs {
            assert!(bytes.len() < 1 << 20, "{}", bytes.len());
            let path = bed.data_file(name, bytes);
            let ended = bed.ended(bed.ask(&path, PROFILE).await).await;
            let about = &ended.dataset.dataset;
            assert_eq!((&*about.state, &*ended.job.job.state), ("failed", "discarded"));
            assert_eq!(about.error, ended.job.job.reason);
            insta::allow_duplicates! {
                insta::assert_snapshot!(unnumbered(about.error.as_ref().unwrap()), @"the file's first N bytes decompress to N, more than 200 times as many, which is all that datasets.decoded_ratio_max allows: if the file can be trusted, decompress it first or raise the bound");
            }
            let of = format!("dataset_id = {}", about.id);
            assert_eq!(bed.count("transactions", &of).await, 0);
            loads().await;
        }
        let growth = worker.peak_memory() - before;
        assert!(growth < GROWTH_BYTES_MAX, "{growth} bytes more");
        worker.kill().await;
    })
    .await;
}

#[tokio::test]
async fn a_zstd_that_asks_for_much_memory_is_refused() {
    bounded(async {
        let loading = Loading::start().await;
        let mut encoder = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
        // As `zstd --long=31` does; a known size would let it take less.
        encoder.window_log(31).unwrap();
        encoder.write_all(HEADER.as_bytes()).unwrap();
        encoder.flush().unwrap();
        let bytes = encoder.finish().unwrap();
        insta::assert_snapshot!(loading.fails("long.csv.zst", bytes, PROFILE).await, @"the zstd file needs a window of more than 128 MiB to be decompressed: compress it again without --long");
    })
    .await;
}
