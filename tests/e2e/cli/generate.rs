//! `nexus generate`

use nexus_tests::{TestBed, in_bed};
use sha2::{Digest, Sha256};

use super::json;

/// The SHA-256 of what is generated, as standard output has it.
async fn hash(bed: &TestBed, seed: &str) -> Vec<u8> {
    let args = ["generate", "--rows", "2000", "--seed", seed, "--out", "-"];
    let text = bed.nexus(&args).await;
    assert!(text.status.success());
    Sha256::digest(&text.stdout).to_vec()
}

#[tokio::test]
async fn the_same_seed_gives_the_same_bytes() {
    in_bed(async |bed| {
        let once = hash(bed, "7").await;
        assert_eq!(hash(bed, "7").await, once);
        assert_ne!(hash(bed, "8").await, once);
        let plain = ["generate", "--rows", "2000", "--seed", "7"];
        let written = json(bed, &plain).await;
        let file = written["file"].as_str().unwrap();
        assert!(file.ends_with("data/generated-2000-7.csv"), "{file}");
        let bytes = std::fs::read(file).unwrap();
        assert_eq!(Sha256::digest(&bytes).to_vec(), once);
        assert_eq!(written["bytes"], bytes.len());

        for out in ["data/a.csv.gz", "data/b.csv.gz"] {
            bed.nexus_ok(&[&plain[..], &["--out", out]].concat()).await;
        }
        let read = |name: &str| std::fs::read(bed.dir().join("data").join(name)).unwrap();
        assert_eq!(read("a.csv.gz"), read("b.csv.gz"));
        assert!(read("a.csv.gz").len() < bytes.len() / 2);
        assert_eq!(read("a.csv.gz")[..2], [0x1f, 0x8b]);
    })
    .await;
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_an_error_that_names_it() {
    in_bed(async |bed| {
        let output = bed
            .nexus(&["generate", "--rows", "10", "--out", "nexus.toml/a.csv"])
            .await;
        assert!(!output.status.success());
        assert!(bed.told(&output).contains("nexus.toml/a.csv"), "{output:?}");
    })
    .await;
}
