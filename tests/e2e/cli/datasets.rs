//! `nexus datasets`, on a file that `nexus generate` wrote.

use nexus_tests::loads::{CANONICAL, generated};
use nexus_tests::{TestBed, WorkerRun, in_bed};

use super::{code, fits, json, said, words};

/// Loads a file into a new case and waits for the end.
async fn load(bed: &TestBed, file: &str) {
    bed.nexus_ok(&["cases", "open", "March", "--examiner", "R. Vance"])
        .await;
    let args = [
        "datasets",
        "load",
        file,
        "--case",
        "March",
        "--profile",
        CANONICAL,
        "--wait",
    ];
    let (_relay, worker) = (bed.relay(), WorkerRun::start(bed));
    let page = bed.nexus_ok(&args).await;
    assert!(page.contains("dataset 1 · in.csv.gz · loaded"), "{page}");
    assert!(page.contains("job 1 completed"), "{page}");
    worker.stop().await;
}

#[tokio::test]
async fn a_generated_file_is_loaded_shown_and_its_rejects_listed() {
    in_bed(async |bed| {
        let generate = [
            "generate",
            "--rows",
            "3000",
            "--seed",
            "5",
            "--out",
            "data/in.csv.gz",
        ];
        let expected = json(bed, &generate).await;
        load(bed, "data/in.csv.gz").await;

        let page = bed.nexus_ok(&["datasets", "show", "1"]).await;
        fits(&page);
        for start in ["  read ", "  loaded ", "  rejected ", "sums by currency"] {
            assert!(
                page.lines().any(|line| line.starts_with(start)),
                "{start}\n{page}"
            );
        }
        let shown = json(bed, &["datasets", "show", "1"]).await;
        assert_eq!(shown["rows_read"], 3000);
        assert_eq!(shown["rows_loaded"], expected["loaded"]);
        for sum in shown["sums"].as_array().unwrap() {
            let seeded = &expected["currencies"][sum["currency"].as_str().unwrap()];
            assert_eq!(sum["rows"], seeded["count"]);
            assert_eq!(sum["amount_sum"], seeded["sum"]);
        }
        for reject in shown["rejects"].as_array().unwrap() {
            let reason = reject["reason"].as_str().unwrap();
            assert_eq!(reject["rows"], expected["rejected"][reason], "{reason}");
        }
        let list = bed.nexus_ok(&["datasets", "list", "--case", "March"]).await;
        fits(&list);
        assert_eq!(words(&list)[1][..4], ["1", "1", "in.csv.gz", "loaded"]);
        assert_eq!(json(bed, &["datasets", "list"]).await[0]["id"], 1);
        rejects(bed, 3000 - shown["rows_loaded"].as_u64().unwrap()).await;
    })
    .await;
}

#[tokio::test]
async fn a_file_is_appended_and_the_same_again_only_if_forced() {
    in_bed(async |bed| {
        bed.data_file("in.csv.gz", generated(500, 1, 0).0);
        bed.data_file("more.csv", generated(300, 2, 0).0);
        load(bed, "data/in.csv.gz").await;
        let (_relay, worker) = (bed.relay(), WorkerRun::start(bed));
        let append = [
            "datasets",
            "load",
            "data/more.csv",
            "--append",
            "1",
            "--profile",
            CANONICAL,
            "--wait",
        ];
        let page = bed.nexus_ok(&append).await;
        fits(&page);
        assert!(page.contains("dataset 1 · in.csv.gz · loaded"), "{page}");
        let loads = page
            .split("\nloads\n")
            .nth(1)
            .unwrap_or_else(|| panic!("{page}"));
        let loads: Vec<_> = words(loads).into_iter().take(3).collect();
        assert_eq!((loads[1][0], loads[1][3]), ("1", "500"), "{page}");
        assert_eq!((loads[2][0], loads[2][3]), ("2", "300"), "{page}");
        let again = bed.nexus(&append).await;
        let told = bed.told(&again);
        assert_eq!(code(&again), 1, "{told}");
        assert!(told.contains("the same bytes already"), "{told}");
        let mut forced = append.to_vec();
        forced.push("--force");
        bed.nexus_ok(&forced).await;
        let shown = json(bed, &["datasets", "show", "1"]).await;
        assert_eq!(shown["rows_loaded"], 1100);
        assert_eq!(shown["loads"][2]["state"], "failed");
        worker.stop().await;

        let both = [&append[..], &["--case", "March"]].concat();
        assert_eq!(code(&bed.nexus(&both).await), 2);
        let neither = ["datasets", "load", "data/more.csv", "--profile", CANONICAL];
        assert_eq!(code(&bed.nexus(&neither).await), 2);
    })
    .await;
}

async fn rejects(bed: &TestBed, all: u64) {
    let all = usize::try_from(all).unwrap();
    let table = bed
        .nexus_ok(&["datasets", "rejects", "1", "--limit", "10"])
        .await;
    fits(&table);
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("LINE"), "{table}");
    assert_eq!(lines.len(), 12, "{table}");
    let next = lines[11].strip_prefix("more: --after ").unwrap();
    let rest = [
        "datasets", "rejects", "1", "--limit", "500", "--after", next,
    ];
    let rest = json(bed, &rest).await;
    assert_eq!(rest["rejects"].as_array().unwrap().len(), all - 10);

    let csv = bed.nexus_ok(&["datasets", "rejects", "1", "--csv"]).await;
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("line,row,column,reason,raw"));
    // Each record of a generated file is one line.
    let numbers = lines.map(|line| line.split(',').next().unwrap().parse::<u64>().unwrap());
    let numbers: Vec<u64> = numbers.collect();
    assert_eq!(numbers.len(), all);
    assert!(numbers.is_sorted());
    let args = ["datasets", "rejects", "1", "--csv", "--reason", "bad_date"];
    let of_reason = bed.nexus_ok(&args).await;
    assert!(
        of_reason
            .lines()
            .skip(1)
            .all(|line| line.contains(",bad_date,"))
    );
    let wrong = bed
        .nexus(&["datasets", "rejects", "1", "--reason", "bad_day"])
        .await;
    assert_eq!(code(&wrong), 2);
    assert!(said(&wrong).contains("bad_date"));
}

#[tokio::test]
async fn a_load_that_fails_is_exit_1_and_says_why() {
    in_bed(async |bed| {
        bed.nexus_ok(&["cases", "open", "A", "--examiner", "B"])
            .await;
        bed.data_file("in.csv", "Vendor,Day\n1,2\n");
        let args = [
            "datasets",
            "load",
            "data/in.csv",
            "--case",
            "A",
            "--profile",
            CANONICAL,
            "--wait",
        ];
        let (_relay, worker) = (bed.relay(), WorkerRun::start(bed));
        let failed = bed.nexus(&args).await;
        let told = bed.told(&failed);
        assert_eq!(code(&failed), 1, "{told}");
        assert!(told.contains("dataset 1 · in.csv · failed"), "{told}");
        assert!(told.contains("header"), "{told}");
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_load_that_cannot_be_is_refused_without_a_trace() {
    in_bed(async |bed| {
        bed.nexus_ok(&["cases", "open", "A", "--examiner", "B"])
            .await;
        bed.data_file("in.csv", generated(10, 1, 0).0);
        std::fs::write(bed.dir().join("secret.csv"), "a,b\n").unwrap();
        for (file, case, profile, exit, word) in [
            ("secret.csv", "A", CANONICAL, 2, "datasets.roots"),
            (
                "data/../secret.csv",
                "A",
                CANONICAL,
                2,
                "does not lie under",
            ),
            ("data/none.csv", "A", CANONICAL, 2, "no such file"),
            ("data", "A", CANONICAL, 2, "not a regular file"),
            ("data/in.csv", "B", CANONICAL, 3, "no case \"B\""),
            ("data/in.csv", "A", "none", 2, CANONICAL),
            ("data/in.csv", "A", "none.toml", 2, "none.toml"),
        ] {
            let args = [
                "datasets",
                "load",
                file,
                "--case",
                case,
                "--profile",
                profile,
            ];
            let output = bed.nexus(&args).await;
            assert_eq!(code(&output), exit, "{file}: {}", said(&output));
            assert!(said(&output).contains(word), "{file}: {}", said(&output));
        }
        bed.nexus_ok(&["cases", "change", "A", "--state", "closed"])
            .await;
        let args = [
            "datasets",
            "load",
            "data/in.csv",
            "--case",
            "A",
            "--profile",
            CANONICAL,
        ];
        let closed = bed.nexus(&args).await;
        assert_eq!(code(&closed), 2);
        assert!(said(&closed).contains("is closed"), "{}", said(&closed));
        assert_eq!(code(&bed.nexus(&["datasets", "show", "404"]).await), 3);
        assert_eq!(code(&bed.nexus(&["datasets", "rejects", "404"]).await), 3);
        assert_eq!(bed.count("datasets", "true").await, 0);
    })
    .await;
}
