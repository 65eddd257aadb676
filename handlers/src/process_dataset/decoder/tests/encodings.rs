//! Files whose encoding is guessed wrongly lose records, and never letters.

use super::*;

/// The shipped profile, with another encoding.
fn canonical(encoding: &str) -> Arc<Profile> {
    let shipped = profiles::shipped("canonical-transactions").unwrap();
    let other = shipped.replace("\"utf-8\"", &format!("\"{encoding}\""));
    Arc::new(Profile::parse(&other).unwrap())
}

/// One stray byte in the first 64 KiB, which are ASCII but for it; UTF-8 behind them.
fn stray_then_utf8(ascii: usize) -> Vec<u8> {
    let mut csv = b"row_id,date,amount,party_name\nr1,2024-01-01,1,caf\xe9\n".to_vec();
    for row in 0..ascii {
        csv.extend_from_slice(format!("p{row},2024-01-01,1,plain name\n").as_bytes());
    }
    csv.extend_from_slice("m1,2024-01-01,1,Müller\nm2,2024-01-01,1,Miller\n".as_bytes());
    csv.extend_from_slice("m3,2024-01-01,1,€ 漢 😀\n".as_bytes());
    csv
}

#[test]
fn utf8_in_what_was_guessed_to_be_windows_1252_is_rejected() {
    const ASCII: usize = 3000;
    let csv = stray_then_utf8(ASCII);
    let auto = canonical("auto");
    assert_eq!(auto.encoding, None);
    let (output, summary) = decode(&csv, &auto, settings(10, 64)).unwrap();
    let (again, _) = decode(&csv, &auto, settings(100_000, 1 << 20)).unwrap();
    assert_eq!(output, again);
    assert_eq!(summary.tally.loaded, ASCII as u64 + 2);
    insta::assert_snapshot!(show(&output.rejects, REJECT).join("\n"), @r"
        7 8 9 3003 3002 party_name bad_encoding m1,2024-01-01,1,M\xffller
        7 8 9 3005 3004 party_name bad_encoding m3,2024-01-01,1,\xff \xff \xff
        ");
    let rows = show(&output.months["y2024m01"], ROW).join("\n");
    assert!(rows.contains("café") && rows.contains("Miller") && !rows.contains('Ã'));
}

#[test]
fn what_the_profile_states_is_read_as_it_says() {
    let stated = canonical("windows-1252");
    let (output, summary) = decode(&stray_then_utf8(1), &stated, settings(10, 64)).unwrap();
    assert_eq!(summary.tally.rejected, BTreeMap::new());
    let rows = show(&output.months["y2024m01"], ROW).join("\n");
    assert!(rows.contains("café") && rows.contains("MÃ¼ller"));
}
