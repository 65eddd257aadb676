//! What is printed, wherever it goes.

use nexus_tests::{ApiRun, in_bed};
use serde_json::Value;

use super::{code, said};

#[tokio::test]
async fn a_reader_that_went_away_is_no_error() {
    in_bed(async |bed| {
        bed.enqueue_noops(3).await;
        for args in [
            &["jobs", "list"][..],
            &["jobs", "list", "--json"],
            &["config", "show"],
            &["openapi"],
            &["profiles", "show", "canonical-transactions"],
            &["generate", "--rows", "20000", "--out", "-"],
            &["--help"],
        ] {
            let output = bed.nexus_unread(args).await;
            assert_eq!(code(&output), 0, "{args:?}: {}", said(&output));
            assert_eq!(said(&output), "", "{args:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn colour_is_for_terminals_that_want_it() {
    in_bed(async |bed| {
        bed.enqueue_noops(1).await;
        let list = ["jobs", "list"];
        let coloured = bed.nexus_on_terminal(&list, &[("NO_COLOR", "")]).await;
        assert!(coloured.stdout.contains(&0x1b), "{coloured:?}");
        let plain = bed.nexus_on_terminal(&list, &[("NO_COLOR", "1")]).await;
        assert!(!plain.stdout.contains(&0x1b), "{plain:?}");
        let piped = bed.nexus_ok(&list).await;
        assert!(!piped.contains('\x1b'), "{piped}");
        assert_eq!(
            String::from_utf8(plain.stdout)
                .unwrap()
                .replace('\r', "")
                .lines()
                .count(),
            2
        );
    })
    .await;
}

#[tokio::test]
async fn the_description_is_what_the_api_serves() {
    in_bed(async |bed| {
        let printed: Value = serde_json::from_str(&bed.nexus_ok(&["openapi"]).await).unwrap();
        let api = ApiRun::start(bed).await;
        assert_eq!(api.get("/openapi.json").await.expect(200), printed);
    })
    .await;
}

#[tokio::test]
async fn help_tells_of_every_command_and_exit_code() {
    in_bed(async |bed| {
        let help = bed.nexus_ok(&["--help"]).await;
        for word in [
            "serve",
            "work",
            "migrate",
            "datasets",
            "bench",
            "Exit codes:",
        ] {
            assert!(help.contains(word), "{word}");
        }
        let bench = bed.nexus_ok(&["bench", "--help"]).await;
        for word in ["--quick", "--json", "ingest", "jobs"] {
            assert!(bench.contains(word), "{word}");
        }
        let version = bed.nexus_ok(&["--version"]).await;
        assert!(version.starts_with("nexus "), "{version}");
        let wrong = bed.nexus(&["enqeue"]).await;
        assert_eq!(code(&wrong), 2);
        assert!(said(&wrong).contains("enqueue"), "{}", said(&wrong));
    })
    .await;
}
