use std::sync::Arc;

use super::*;
use crate::process_dataset::chunk::RowScope;
use crate::process_dataset::decoder::Decoder;
use crate::process_dataset::profile::Profile;
use crate::process_dataset::profiles;
use crate::process_dataset::settings::DecodeSettings;

fn load(csv: &[u8]) -> Tally {
    let profile = Profile::parse(profiles::shipped("canonical-transactions").unwrap()).unwrap();
    let scope = RowScope {
        tenant_id: 1,
        case_id: 2,
        dataset_id: 3,
        rows_before: 0,
    };
    let mut decoder = Decoder::start(
        bytes::Bytes::copy_from_slice(csv),
        Arc::new(profile),
        scope,
        DecodeSettings::default(),
    )
    .unwrap();
    while let Some(chunk) = decoder.next_chunk().unwrap() {
        decoder.recycle(chunk);
    }
    decoder.finish().unwrap().tally
}

fn generate(rows: u64, seed: u64, faults_per_mille: u32) -> (Vec<u8>, Expected) {
    let mut csv = Vec::new();
    let expected = Generator {
        rows,
        seed,
        faults_per_mille,
    }
    .write(&mut csv)
    .unwrap();
    assert_eq!(expected.bytes, csv.len() as u64);
    (csv, expected)
}

#[test]
fn a_load_finds_exactly_what_was_generated() {
    for (rows, seed, faults_per_mille) in [
        (1, 1, 0),
        (1, 1, 1000),
        (500, 2, 1000),
        (20_000, 1, 10),
        (20_000, 3, 333),
    ] {
        let (csv, expected) = generate(rows, seed, faults_per_mille);
        let tally = load(&csv);
        expected.check(&tally).unwrap();
        assert_eq!(
            tally.rejected_total(),
            rows * u64::from(faults_per_mille) / 1000
        );
    }
}

#[test]
fn differences_are_named() {
    let (csv, expected) = generate(100, 1, 10);
    let wrong = Expected {
        rows: 101,
        ..expected
    };
    assert_eq!(
        wrong.check(&load(&csv)).unwrap_err().to_string(),
        "the load is not what was generated: rows: 100 instead of 101"
    );
}

#[test]
fn bytes_never_change() {
    use sha2::{Digest as _, Sha256};
    let digest = |seed| {
        let bytes = Sha256::digest(generate(1000, seed, 10).0);
        crate::process_dataset::input::Digest::new(bytes.into()).to_string()
    };
    assert_eq!(digest(1), digest(1));
    assert_ne!(digest(1), digest(2));
    insta::assert_snapshot!(digest(1), @"c0c01e7f646a36acda3d04c6e380b93492daba0e67559c5deaced7209d106978");
}

#[test]
fn first_lines() {
    let (csv, _) = generate(1000, 1, 10);
    let text = String::from_utf8_lossy(&csv);
    let head: Vec<&str> = text.lines().take(4).collect();
    insta::assert_snapshot!(head.join("\n"), @r#"
        row_id,date,posted_at,amount,currency,payer_account,payee_account,party_id,party_name,employee,approver,document_number,category,description
        T000000001,2024-01-01,2024-01-01T18:11:12Z,3765.92,EUR,DE44500105175407324931,ES626583323258927822,P001548,Rossi Print AG,E0105,A026,INV-00000001,consulting,expense refund
        T000000002,2024-01-01,2024-01-04T13:24:27Z,5447.15,USD,US64SVBKUS6S3300958879,FR774992202876028519,P002430,Novák Catering S.p.A.,E0123,A040,INV-00000002,travel,subscription
        T000000003,2024-01-01,2024-01-02T18:39:24Z,-577.18,USD,NL743714785002235775,US64SVBKUS6S3300958879,P004082,Silva Catering & Sons,E0216,A036,INV-00000003,consulting,spare parts
        "#);
}

#[test]
fn patterns_for_later_analysis_are_there() {
    let (csv, expected) = generate(50_000, 1, 0);
    let tally = load(&csv);
    assert!(tally.zero > 0 && tally.negative > 500);
    assert_eq!(expected.currencies.len(), 3);
    assert_eq!(tally.min_date.unwrap().to_string(), "2024-01-01");
    assert_eq!(tally.max_date.unwrap().to_string(), "2025-12-31");
    let text = String::from_utf8(csv).unwrap();
    assert!(text.contains("\"\""), "doubled quotes");
    let near_limit = text.lines().filter(|line| line.contains(",9999.")).count();
    assert!(near_limit > 0);
    let mut documents: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_once(",INV-"))
        .map(|(_, tail)| &tail[..8])
        .collect();
    let all = documents.len();
    documents.sort_unstable();
    documents.dedup();
    assert!(all - documents.len() > 50, "bills paid twice");
}
