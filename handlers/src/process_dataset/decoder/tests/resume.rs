use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;
use crate::process_dataset::text::date::Date;

fn compress(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_changed_file_is_noticed() {
    let csv = format!("row_id,date,amount\n{}", "a,2024-01-01,1\n".repeat(100));
    let canonical = profile("canonical-transactions");
    let start = |raw: &[u8]| {
        let mut decoder = Decoder::start(
            stored(raw),
            Arc::clone(&canonical),
            SCOPE,
            settings(50, 300),
        )
        .unwrap();
        decoder.next_chunk().unwrap().unwrap().checkpoint
    };
    let resume = |raw: &[u8], checkpoint: &Checkpoint, block: usize| {
        let settings = settings(50, block);
        Decoder::resume(
            stored(raw),
            Arc::clone(&canonical),
            SCOPE,
            settings,
            checkpoint,
        )
        .map(drop)
    };
    for raw in [csv.as_bytes().to_vec(), compress(csv.as_bytes())] {
        let checkpoint = start(&raw);
        let read = usize::try_from(checkpoint.raw_bytes).unwrap();
        for block in [1, 64, 1 << 16] {
            resume(&raw, &checkpoint, block).unwrap();
            for at in [0, 5, read / 2, read - 1] {
                let mut changed = raw.clone();
                changed[at] ^= 1;
                let result = resume(&changed, &checkpoint, block);
                assert!(
                    matches!(result, Err(InputError::ChangedSince { .. })),
                    "{at} {result:?}"
                );
            }
            for len in [0, 1, 30, read - 1] {
                let result = resume(&raw[..len], &checkpoint, block);
                assert!(
                    matches!(result, Err(InputError::ChangedSince { .. })),
                    "{len} {result:?}"
                );
            }
        }
    }
}

fn record() -> impl Strategy<Value = String> {
    let good = (0..400_i32, -5000..5000_i64, "[a-z]{0,12}").prop_map(|(day, cents, name)| {
        let date = Date::from_days(8766 + day).unwrap();
        format!(
            "r{day},{date},{}.{:02},{name},\"x \"\"{name}\"\"\ny\"\n",
            cents / 100,
            cents.abs() % 100
        )
    });
    prop_oneof![
        12 => good,
        1 => Just("r,2024-02-30,1,,\n".to_owned()),
        1 => Just("r,2024-01-01\n".to_owned()),
        1 => Just("\n\r\n".to_owned()),
        1 => Just("\"open,2024-01-01,1,,\n".to_owned()),
        1 => "[a-z]{190,400}\n",
        1 => "[\",\n\ra-z0-9]{0,30}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// The promise that resuming rests on: wherever a load is killed, and whatever the chunks and
    /// blocks of the next attempt, the rows committed with each checkpoint and those after it are
    /// exactly those of a load that was never killed.
    #[test]
    fn resumed_is_the_same_as_uninterrupted(
        records in proptest::collection::vec(record(), 1..60),
        kills in proptest::collection::vec((1_usize..6, 1_u64..40, 1_usize..600), 0..5),
        gzip in any::<bool>(),
    ) {
        let csv = format!("row_id,date,amount,party_name,description\n{}", records.concat());
        let raw = if gzip { compress(csv.as_bytes()) } else { csv.into_bytes() };
        let canonical = profile("canonical-transactions");
        let Ok((whole, summary)) = decode(&raw, &canonical, settings(1000, 4096)) else {
            return Ok(());
        };
        let mut resumed = Output::default();
        let mut checkpoint: Option<Checkpoint> = None;
        let attempts = kills.into_iter().chain([(usize::MAX, 7, 100)]);
        let mut last = None;
        for (chunks, chunk_rows, block) in attempts {
            let (reader, profile, settings) =
                (stored(&raw), Arc::clone(&canonical), settings(chunk_rows, block));
            let mut decoder = match checkpoint.take() {
                None => Decoder::start(reader, profile, SCOPE, settings),
                Some(checkpoint) => {
                    let json = serde_json::to_string(&checkpoint).unwrap();
                    let checkpoint: Checkpoint = serde_json::from_str(&json).unwrap();
                    Decoder::resume(reader, profile, SCOPE, settings, &checkpoint)
                }
            }.unwrap();
            for _ in 0..chunks {
                let Some(chunk) = decoder.next_chunk().unwrap() else { break };
                resumed.add(&chunk);
                checkpoint = Some(chunk.checkpoint.clone());
                decoder.recycle(chunk);
            }
            if chunks == usize::MAX {
                last = Some(decoder.finish().unwrap());
            } else if checkpoint.is_none() {
                // Every record was done before this attempt: it found nothing more to do.
                checkpoint = Some(finished(&raw, &canonical));
            }
        }
        let last = last.unwrap();
        prop_assert_eq!(&resumed, &whole);
        prop_assert_eq!(&last.tally, &summary.tally);
        prop_assert_eq!(&last.columns, &summary.columns);
        prop_assert_eq!(&last.keys, &summary.keys);
        prop_assert_eq!(last.sha256, summary.sha256);
        prop_assert_eq!(resumed.counts.0, summary.tally.loaded);
        prop_assert_eq!(resumed.counts.1, summary.tally.rejected_total());
    }

    #[test]
    fn never_panics_on_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let csv = [b"row_id,date,amount\n".as_slice(), &bytes].concat();
        let _ = decode(&csv, &profile("canonical-transactions"), settings(3, 16));
        let _ = decode(&bytes, &profile("canonical-transactions"), settings(3, 16));
    }
}

/// The checkpoint behind the last record.
fn finished(raw: &[u8], profile: &Arc<Profile>) -> Checkpoint {
    let mut decoder = Decoder::start(
        stored(raw),
        Arc::clone(profile),
        SCOPE,
        settings(u64::MAX, 4096),
    )
    .unwrap();
    decoder.next_chunk().unwrap().unwrap().checkpoint
}
