//! A short, seeded run of the fuzz drivers: the same inputs on every machine. The long,
//! coverage-guided one is `cargo fuzz` (CONTRIBUTING.md).

#![expect(clippy::expect_used, reason = "a test that cannot begin may panic")]

mod fuzz {
    pub(crate) mod corpus;
    pub(crate) mod drivers;
}

use fuzz::{corpus, drivers};

/// Mutations of each seed. Together they take seconds.
const MUTATIONS: u64 = 400;

#[test]
fn decoders_survive_mutated_files() {
    for (name, seed) in corpus::files() {
        drivers::decode(&seed);
        for number in 0..MUTATIONS {
            let mutated = corpus::mutate(&seed, number);
            let survived = std::panic::catch_unwind(|| drivers::decode(&mutated));
            assert!(survived.is_ok(), "{name}, mutation {number}");
        }
    }
}

#[test]
fn profiles_survive_mutated_text() {
    for (name, seed) in corpus::profiles() {
        for number in 0..MUTATIONS {
            let mutated = corpus::mutate(seed.as_bytes(), number);
            let survived = std::panic::catch_unwind(|| drivers::profile(&mutated));
            assert!(survived.is_ok(), "{name}, mutation {number}");
        }
    }
}

#[test]
fn amounts_survive_mutated_text() {
    for seed in [
        "$1.234,56",
        "(1,234.50)",
        "1e5",
        "-12.5000",
        "999999999999999.9999",
    ] {
        for number in 0..MUTATIONS {
            drivers::amount(&corpus::mutate(seed.as_bytes(), number));
        }
    }
}
