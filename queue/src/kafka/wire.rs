use nexus_jobs::{Band, Lane, QueueName};

use super::window::Place;
use crate::entry::{ENTRY_IDS_MAX, Entry, Receipt, read_ids, write_ids};

/// The topic of a lane.
pub(super) fn topic(prefix: &str, lane: &Lane) -> String {
    topic_of(prefix, &lane.queue, lane.band)
}

/// The topic of a band of a queue.
pub(super) fn topic_of(prefix: &str, queue: &QueueName, band: Band) -> String {
    format!("{prefix}.queue.{queue}.{band}")
}

/// The group of whoever takes a queue's entries.
pub(super) fn group(prefix: &str, queue: &QueueName) -> String {
    format!("{prefix}.queue.{queue}")
}

/// An entry as a record's payload: `DISPATCH IDS`, and ` s` behind it for a suspect.
pub(super) fn write(entry: &Entry) -> Vec<u8> {
    let ids = write_ids(&entry.job_ids);
    let suspect = if entry.suspect { " s" } else { "" };
    format!("{} {ids}{suspect}", entry.dispatch_id).into_bytes()
}

/// The entry of a payload; `None` where it is not of that form.
pub(super) fn read(payload: &[u8]) -> Option<Entry> {
    let text = std::str::from_utf8(payload).ok()?;
    let mut parts = text.split(' ');
    let dispatch_id = parts.next()?.parse().ok()?;
    let job_ids = read_ids(parts.next()?, ENTRY_IDS_MAX)?;
    let suspect = match (parts.next(), parts.next()) {
        (None, _) => false,
        (Some("s"), None) => true,
        _ => return None,
    };
    Some(Entry {
        dispatch_id,
        job_ids,
        suspect,
    })
}

/// A place as a receipt: `PARTITION:OFFSET:GENERATION`.
pub(super) fn receipt(band: Band, place: Place) -> Receipt {
    Receipt {
        band,
        id: format!("{}:{}:{}", place.key.1, place.offset, place.generation),
    }
}

/// The place of a receipt.
pub(super) fn place(receipt: &Receipt) -> Option<Place> {
    let mut parts = receipt.id.split(':');
    let partition = parts.next()?.parse().ok()?;
    Some(Place {
        key: (topic_index(receipt.band), partition),
        offset: parts.next()?.parse().ok()?,
        generation: parts.next()?.parse().ok()?,
    })
}

/// Which of a queue's topics a band's is.
pub(super) fn topic_index(band: Band) -> usize {
    usize::try_from(band.number()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_entry_reads_well() {
        let entry = Entry {
            dispatch_id: 12,
            job_ids: vec![7, 100, 101, 102],
            suspect: true,
        };
        assert_eq!(write(&entry), b"12 7,100-102 s");
    }

    #[test]
    fn what_is_not_ours_is_refused() {
        for bad in [
            "", "x", "1", "1 ", "1 9-1", "1 1 x", "1 1 s s", "x 1", "1  1",
        ] {
            assert_eq!(read(bad.as_bytes()), None, "{bad:?}");
        }
        assert_eq!(read(&[0xff, 0x20, 0x31]), None);
    }

    proptest! {
        #[test]
        fn an_entry_survives(
            dispatch_id in any::<i64>(),
            ids in prop::collection::btree_set(1_i64.., 1..50),
            suspect in any::<bool>(),
        ) {
            let entry = Entry { dispatch_id, job_ids: ids.into_iter().collect(), suspect };
            prop_assert_eq!(read(&write(&entry)), Some(entry));
        }

        #[test]
        fn a_receipt_names_its_place(
            band in prop::sample::select(&Band::ALL[..]),
            partition in 0_i32..,
            offset in 0_i64..,
            generation in any::<u64>(),
        ) {
            let expected = Place { key: (topic_index(band), partition), offset, generation };
            prop_assert_eq!(place(&receipt(band, expected)), Some(expected));
        }

        #[test]
        fn reading_never_panics(payload in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = read(&payload);
        }
    }
}
