use proptest::prelude::*;

use super::*;

/// Cells as files have them, and as they should not.
fn cell() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "2024-01-31",
        "03/04/2010",
        "31.12.2009",
        "1.234,56",
        "1,234",
        "$12.00",
        "(7)",
        "12 DR",
        "EUR",
        "NULL",
        "-",
        "5142124791.0",
        "5.14E+09",
        "date",
        "Amount",
        "Betrag",
        "id",
        "DE02120300000000202051",
        "1262304000",
        "vendor",
        "@row",
        "#",
        "a \"b\" c",
        "é",
        "",
    ];
    prop_oneof![
        4 => prop::sample::select(KNOWN).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "[0-9.,'/-]{1,12}",
    ]
}

proptest! {
    #[test]
    fn what_is_proposed_is_a_profile(
        header in prop::collection::vec(cell(), 1..6),
        rows in prop::collection::vec(prop::collection::vec(cell(), 5), 1..6),
        delimiter in prop::sample::select([",", ";", "\t", "|"].as_slice()),
    ) {
        let width = header.len();
        let line = |cells: &[String]| cells.join(delimiter);
        let rows: Vec<String> = rows.iter().map(|row| line(&row[..width])).collect();
        let text = format!("{}\n{}\n", line(&header), rows.join("\n"));
        let head = Head::read(text.as_bytes(), sample::SAMPLE_BYTES_MAX);
        let read = head.map_err(SampleError::from).and_then(|head| read_sample(&head, "a \"b\"\nc"));
        if let Ok(sample) = read {
            let proposal = propose(&sample, &Answers::default());
            prop_assert_eq!(proposal.columns.len(), sample.columns.len());
            let parsed = ::toml::from_str::<::toml::Table>(&proposal.toml);
            prop_assert!(parsed.is_ok(), "{}", proposal.toml);
            if proposal.questions.is_empty() {
                let profile = Profile::parse(&proposal.toml);
                prop_assert!(profile.is_ok(), "{:?}\n{}", profile.err(), proposal.toml);
                // The key that stands there as a comment is one.
                let keyed = proposal
                    .toml
                    .replace("\n# [duplicates]", "\n[duplicates]")
                    .replace("\n# key = [", "\nkey = [")
                    .replace("\n# policy = ", "\npolicy = ");
                prop_assert!(Profile::parse(&keyed).is_ok(), "{keyed}");
            }
        }
    }

    #[test]
    fn no_bytes_are_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(head) = Head::read(&bytes[..], 200)
            && let Ok(sample) = read_sample(&head, "x")
        {
            let _ = propose(&sample, &Answers::default());
        }
    }
}
