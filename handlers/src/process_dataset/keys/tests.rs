use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;

use nexus_schema::money::Money;
use proptest::prelude::*;

use super::*;
use crate::process_dataset::text::currency::Currency;
use crate::process_dataset::text::date::Date;

fn text(text: &str) -> Cell<'_> {
    Cell::Text(Cow::Borrowed(text.as_bytes()))
}

fn counted(rows: &[Vec<Cell<'_>>], buffer: usize) -> io::Result<KeyReport> {
    let width = rows.first().map_or(0, Vec::len);
    let mut keys = Keys::with_buffer((0..width).collect(), std::env::temp_dir(), buffer);
    for row in rows {
        keys.observe(row)?;
    }
    keys.finish()
}

fn some_cell() -> impl Strategy<Value = Cell<'static>> {
    prop_oneof![
        Just(Cell::Null),
        "[ab\u{1}]{0,2}".prop_map(|text| Cell::Text(Cow::Owned(text.into_bytes()))),
        (0..3).prop_map(|days| Cell::Day(Date::from_days(days).unwrap())),
        (0_i64..3).prop_map(Cell::Micros),
        (0_i64..3).prop_map(|cents| Cell::Money(Money::from_cents(cents).unwrap())),
        prop::sample::select(vec!["EUR", "USD"])
            .prop_map(|code| Cell::Currency(code.parse().unwrap())),
    ]
}

proptest! {
    #[test]
    fn repeats_are_those_of_a_map(
        rows in prop::collection::vec(prop::collection::vec(some_cell(), 2), 0..200),
        buffered in 1_usize..64,
    ) {
        let mut truth: HashMap<String, u64> = HashMap::new();
        for row in rows.iter().filter(|row| row.iter().any(|cell| *cell != Cell::Null)) {
            *truth.entry(format!("{row:?}")).or_default() += 1;
        }
        let expected = KeyReport {
            rows: truth.values().sum(),
            duplicate_rows: truth.values().map(|count| count - 1).sum(),
            keys_repeated: truth.values().filter(|&&count| count > 1).count() as u64,
        };
        prop_assert_eq!(counted(&rows, buffered * HASH_BYTES).unwrap(), expected);
        prop_assert_eq!(counted(&rows, BUFFER_BYTES).unwrap(), expected);
    }
}

#[test]
fn different_keys_are_different() {
    let rows = [
        [text("ab"), text("c")],
        [text("a"), text("bc")],
        [text(""), Cell::Null],
        [Cell::Null, text("")],
        [text(""), text("")],
        [Cell::Currency(Currency::UNSTATED), Cell::Null],
        [Cell::Ordinal, Cell::Null],
        [Cell::Ordinal, Cell::Null],
    ];
    let rows = rows.map(Vec::from);
    let report = counted(&rows, BUFFER_BYTES).unwrap();
    assert_eq!((report.rows, report.duplicate_rows), (8, 0));
}

#[test]
fn rows_without_a_key_are_not_counted() {
    let rows = [vec![Cell::Null; 2], vec![Cell::Null; 2]];
    assert_eq!(counted(&rows, HASH_BYTES).unwrap(), KeyReport::default());
    // Neither are those that have no such cell.
    let mut keys = Keys::new(vec![5], std::env::temp_dir());
    keys.observe(&rows[0]).unwrap();
    assert_eq!(keys.finish().unwrap(), KeyReport::default());
}

#[test]
fn many_runs_of_any_length_merge() {
    for (distinct, buffered) in [(1, 1), (1, 7), (50, 1), (700, 3), (5000, 64), (5000, 4999)] {
        let rows: Vec<_> = (0..5000)
            .map(|row| vec![Cell::Micros(row % distinct)])
            .collect();
        let expected = KeyReport {
            rows: 5000,
            duplicate_rows: 5000 - distinct.unsigned_abs(),
            keys_repeated: if distinct < 5000 {
                distinct.unsigned_abs()
            } else {
                0
            },
        };
        let report = counted(&rows, buffered * HASH_BYTES).unwrap();
        assert_eq!(report, expected, "{distinct} {buffered}");
    }
}

/// Keys with room for two, in a directory that cannot be made.
fn nowhere() -> Keys {
    let directory = PathBuf::from("/dev/null/scratch");
    Keys::with_buffer(vec![0], directory, 2 * HASH_BYTES)
}

#[test]
fn no_file_is_made_while_the_buffer_is_enough() {
    let mut keys = nowhere();
    for row in 0..2 {
        keys.observe(&[Cell::Micros(row)]).unwrap();
    }
    assert_eq!(keys.finish().unwrap().rows, 2);
}

#[test]
fn a_directory_that_cannot_be_made_is_an_error() {
    let mut keys = nowhere();
    let errors = (0..3).filter_map(|row| keys.observe(&[Cell::Micros(row)]).err());
    let kinds: Vec<_> = errors.map(|error| error.kind()).collect();
    assert_eq!(kinds, [io::ErrorKind::NotADirectory]);
}

#[test]
fn a_directory_that_is_not_there_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = folder.path().join("deep/scratch");
    let mut keys = Keys::with_buffer(vec![0], scratch, 2 * HASH_BYTES);
    for row in 0..9 {
        keys.observe(&[Cell::Micros(row / 3)]).unwrap();
    }
    assert_eq!(keys.finish().unwrap().duplicate_rows, 6);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error() {
    let full = File::options()
        .read(true)
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut keys = nowhere();
    keys.spill = Some(Spill::over(full));
    let error = (0..3).find_map(|row| keys.observe(&[Cell::Micros(row)]).err());
    assert_eq!(error.unwrap().kind(), io::ErrorKind::StorageFull);
}

#[test]
fn a_file_that_lost_its_end_is_an_error() {
    let file = tempfile::tempfile().unwrap();
    let mut spill = Spill::over(file.try_clone().unwrap());
    spill.write(&[1, 2, 3]).unwrap();
    file.set_len(40).unwrap();
    let error = spill.read_sorted(Vec::new(), 2, &mut Groups::default());
    assert_eq!(error.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}
