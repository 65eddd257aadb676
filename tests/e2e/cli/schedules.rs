//! `nexus schedules`

use serde_json::{Value, json};

use nexus_tests::{SchedulerRun, TestBed, in_bed};

use super::{code, fits, json as json_of, said, words};

const NIGHTLY: [&str; 9] = [
    "schedules",
    "set",
    "nightly",
    "--cron",
    "30 2 * * *",
    "--zone",
    "Europe/Berlin",
    "--kind",
    "noop",
];

async fn next_at(bed: &TestBed) -> Value {
    json_of(bed, &["schedules", "show", "nightly"]).await["next_at"].clone()
}

#[tokio::test]
async fn a_schedule_is_set_shown_switched_and_removed() {
    in_bed(async |bed| {
        bed.schedule_time("2026-03-28T12:00:00Z").await;
        let none = bed.nexus_ok(&["schedules", "list"]).await;
        assert!(none.starts_with("no schedules; "), "{none}");
        let page = bed.nexus_ok(&NIGHTLY).await;
        fits(&page);
        assert!(page.starts_with("schedule nightly · active\n"), "{page}");
        assert_eq!(next_at(bed).await, "2026-03-29T01:00:00Z");

        let table = bed.nexus_ok(&["schedules", "list"]).await;
        fits(&table);
        let lines = words(&table);
        let header = ["NAME", "STATE", "CRON", "ZONE", "KIND", "NEXT", "FIRED"];
        assert_eq!(lines[0], header);
        assert_eq!(lines[1][..2], ["nightly", "active"]);

        let next = bed
            .nexus_ok(&["schedules", "next", "nightly", "--count", "2"])
            .await;
        fits(&next);
        insta::assert_snapshot!(next, @r"
        DAY  LOCAL                      UTC                  NOTE
        Sun  2026-03-29 03:00:00+02:00  2026-03-29 01:00:00  clocks skip 02:30:00
        Mon  2026-03-30 02:30:00+02:00  2026-03-30 00:30:00
        on the clocks of Europe/Berlin
        ");
        let next = json_of(bed, &["schedules", "next", "nightly"]).await;
        assert_eq!(next["ticks"].as_array().unwrap().len(), 20);

        let paused = bed.nexus_ok(&["schedules", "pause", "nightly"]).await;
        assert!(
            paused.starts_with("schedule nightly · paused\n"),
            "{paused}"
        );
        assert_eq!(next_at(bed).await, Value::Null);
        bed.nexus_ok(&["schedules", "resume", "nightly"]).await;
        assert_eq!(next_at(bed).await, "2026-03-29T01:00:00Z");
        let gone = bed.nexus_ok(&["schedules", "remove", "nightly"]).await;
        assert_eq!(gone, "removed schedule nightly\n");
        let versions = json_of(bed, &["schedules", "versions", "nightly"]).await;
        let changes = versions.as_array().unwrap().iter();
        let changes: Vec<&Value> = changes.map(|version| &version["change"]).collect();
        assert_eq!(changes, ["removed", "resumed", "paused", "set"]);
        fits(&bed.nexus_ok(&["schedules", "versions", "nightly"]).await);
        assert_eq!(code(&bed.nexus(&["schedules", "show", "nightly"]).await), 3);
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_is_told_by_its_place() {
    in_bed(async |bed| {
        for (given, wrong) in [
            (
                &["--cron", "0 25 * * *", "--kind", "noop"][..],
                "cron: hour: \"25\" is not allowed",
            ),
            (&["--cron", "0 0 30 2 *", "--kind", "noop"], "never fires"),
            (
                &["--cron", "0 0 0 1 1 * 2020", "--kind", "noop"],
                "never fires again",
            ),
            (
                &["--cron", "@daily", "--kind", "noop", "--zone", "Mars"],
                "zone: there is no time zone",
            ),
            (
                &["--cron", "@daily", "--kind", "noop", "--overlap", "no"],
                "possible values: allow, skip, queue_one, cancel_running",
            ),
            (
                &[
                    "--cron",
                    "@daily",
                    "--kind",
                    "noop",
                    "--args",
                    "{\"padding\": 7}",
                ],
                "enqueue.args: ",
            ),
            (
                &["--definition", "{\"cron\": \"@daily\"}"],
                "--definition: missing field `enqueue`",
            ),
            (
                &["--definition", "{}", "--cron", "@daily"],
                "cannot be used with",
            ),
            (&["--cron", "@daily"], "--kind"),
            (&["--kind", "noop"], "--cron"),
        ] {
            let output = bed
                .nexus(&[&["schedules", "set", "wrong"], given].concat())
                .await;
            assert_eq!(code(&output), 2, "{given:?}: {}", said(&output));
            assert!(
                said(&output).contains(wrong),
                "{given:?}: {}",
                said(&output)
            );
        }
        assert_eq!(bed.count("schedules", "true").await, 0);
    })
    .await;
}

#[tokio::test]
async fn the_past_is_filled_in_and_told() {
    in_bed(async |bed| {
        bed.schedule_time("2026-11-05T12:00:00Z").await;
        let file = bed.dir().join("nightly.json");
        let definition = json!({ "cron": "@daily", "enqueue": { "kind": "noop" } });
        std::fs::write(&file, definition.to_string()).unwrap();
        let at_file = format!("@{}", file.display());
        let set = ["schedules", "set", "nightly", "--definition", &at_file];
        bed.nexus_ok(&set).await;
        let _scheduler = SchedulerRun::start(bed);

        let range = [
            "schedules",
            "backfill",
            "nightly",
            "--from",
            "2026-11-01",
            "--to",
            "2026-11-03",
        ];
        let dry = bed.nexus_ok(&[&range[..], &["--dry-run"]].concat()).await;
        fits(&dry);
        insta::assert_snapshot!(dry, @r"
        TICK                 OUTCOME     JOB  WHY
        2026-11-01 00:00:00  would fire
        2026-11-02 00:00:00  would fire
        2026-11-03 00:00:00  would fire
        3 would fire, 0 became jobs before; nothing was done
        ");
        assert_eq!(bed.count("jobs", "true").await, 0);
        let filled = json_of(bed, &range).await;
        assert_eq!((&filled["fired"], &filled["known"]), (&json!(3), &json!(0)));
        let again = bed.nexus_ok(&range).await;
        assert!(
            again.ends_with("0 fired, 0 skipped, 0 failed; 3 became jobs before\n"),
            "{again}"
        );
        assert_eq!(bed.count("jobs", "true").await, 3);

        let run = bed.nexus_ok(&["schedules", "run", "nightly"]).await;
        assert!(run.starts_with("job "), "{run}");
        assert_eq!(bed.count("jobs", "true").await, 4);
        let ticks = bed
            .nexus_ok(&["schedules", "ticks", "nightly", "--limit", "2"])
            .await;
        fits(&ticks);
        let lines = words(&ticks);
        assert_eq!(lines[0], ["ID", "TICK", "TICKS", "OUTCOME", "JOB", "WHY"]);
        assert_eq!(lines.len(), 4, "{ticks}");
        assert!(
            ticks.contains("run by os:") && ticks.contains("filled in by os:"),
            "{ticks}"
        );
        assert!(lines[3].starts_with(&["more:", "--before"]));
        let far = [
            "schedules",
            "backfill",
            "nightly",
            "--from",
            "2026-12-01",
            "--to",
            "2026-12-03",
        ];
        assert_eq!(code(&bed.nexus(&far).await), 2);
    })
    .await;
}
