//! `nexus cases`

use nexus_tests::in_bed;

use super::{code, fits, json, said, words};

#[tokio::test]
async fn a_case_is_opened_listed_shown_and_changed() {
    in_bed(async |bed| {
        let open = [
            "cases",
            "open",
            "Invoices of 2010",
            "--examiner",
            "R. Vance",
        ];
        let opened = bed.nexus_ok(&open).await;
        fits(&opened);
        let head: Vec<&str> = opened.lines().take(4).collect();
        assert_eq!(
            head,
            [
                "case 1 · Invoices of 2010 · open",
                "  examiner      R. Vance",
                "  legal hold    no",
                "  tenant        1",
            ]
        );
        let taken = bed.nexus(&open).await;
        assert_eq!(code(&taken), 2);
        assert!(said(&taken).contains("there is a case \"Invoices of 2010\" already"));

        let change = [
            "cases",
            "change",
            "Invoices of 2010",
            "--legal-hold",
            "true",
        ];
        let updated = json(bed, &[&change[..], &["--examiner", "A. Day"]].concat()).await;
        assert_eq!(
            (&updated["legal_hold"], &updated["examiner"]),
            (&true.into(), &"A. Day".into())
        );
        bed.nexus_ok(&["cases", "change", "1", "--state", "closed"])
            .await;
        let shown = bed.nexus_ok(&["cases", "show", "Invoices of 2010"]).await;
        assert!(
            shown.starts_with("case 1 · Invoices of 2010 · closed\n"),
            "{shown}"
        );
        assert_eq!(json(bed, &["cases", "show", "1"]).await["state"], "closed");

        let list = bed.nexus_ok(&["cases", "list"]).await;
        fits(&list);
        let lines = words(&list);
        assert_eq!(
            lines[0],
            ["ID", "NAME", "STATE", "HOLD", "EXAMINER", "OPENED"]
        );
        assert_eq!(
            lines[1][..8],
            ["1", "Invoices", "of", "2010", "closed", "yes", "A.", "Day"]
        );
        assert_eq!(json(bed, &["cases", "list"]).await[0]["id"], 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_not_there_is_exit_3_and_what_cannot_be_exit_2() {
    in_bed(async |bed| {
        let none = bed.nexus_ok(&["cases", "list"]).await;
        assert!(none.starts_with("no cases; "), "{none}");
        for (args, exit) in [
            (&["show", "404"][..], 3),
            (&["change", "404", "--state", "closed"], 3),
            (&["open", "A", "--examiner", "B", "--tenant", "9"], 3),
            (&["open", "A"], 2),
            (&["change", "A"], 2),
            (&["change", "A", "--state", "shut"], 2),
        ] {
            let output = bed.nexus(&[&["cases"], args].concat()).await;
            assert_eq!(code(&output), exit, "{args:?}: {}", said(&output));
        }
    })
    .await;
}
