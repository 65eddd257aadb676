//! What the generator writes is what is read.

use super::*;
use crate::generate::Generator;

/// The generator writes the same rows in both formats.
#[test]
fn generated_parquet_holds_what_generated_json_lines_hold() {
    let generator = Generator {
        rows: 5000,
        seed: 1,
        faults_per_mille: 0,
    };
    let (mut parquet, mut json) = (Vec::new(), Vec::new());
    let expected = generator.write_parquet(&mut parquet).unwrap();
    assert_eq!(expected.bytes, parquet.len() as u64);
    let same = generator.write_json_lines(&mut json).unwrap();
    assert_eq!(same.bytes, json.len() as u64);
    assert_eq!(same.currencies, expected.currencies);
    assert_eq!((same.rows, same.loaded), (5000, 5000));
    let json = String::from_utf8(json).unwrap();
    assert_eq!(
        json.lines().next().unwrap(),
        "{\"row_id\":\"T000000001\",\"date\":\"2024-01-01\",\
         \"posted_at\":\"2024-01-01T18:11:12Z\",\"amount\":3765.92,\"currency\":\"EUR\",\
         \"payer_account\":\"DE44500105175407324931\",\
         \"payee_account\":\"ES626583323258927822\",\"party_id\":\"P001548\",\
         \"party_name\":\"Rossi Print AG\",\"employee\":\"E0105\",\"approver\":\"A026\",\
         \"document_number\":\"INV-00000001\",\"category\":\"consulting\",\
         \"description\":\"expense refund\"}"
    );
    let mut file = open(&parquet, Doubles::Refuse).unwrap();
    let used: Vec<usize> = (0..file.columns().len()).collect();
    let found = rows(&mut file, &used, |row| {
        let mut text = String::new();
        row.raw_text(10_000, &mut text);
        text.replace(".000000Z", "Z")
            .replace("\"approver\":null,", "")
    });
    let found = found.unwrap();
    assert_eq!(found.len(), 5000);
    for (row, line) in found.iter().zip(json.lines()) {
        // Zeros at the end of an amount mean nothing.
        let (before, after) = line.split_once(",\"currency\"").unwrap();
        let before = match before.split_once('.') {
            Some((units, cents)) => format!("{units}.{}", cents.trim_end_matches('0'))
                .trim_end_matches('.')
                .to_owned(),
            None => before.to_owned(),
        };
        assert_eq!(*row, format!("{before},\"currency\"{after}"));
    }
    let faulty = Generator {
        faults_per_mille: 1,
        ..generator
    };
    faulty.write_parquet(Vec::new()).unwrap_err();
    faulty.write_json_lines(Vec::new()).unwrap_err();
}
