//! `nexus config`, and settings with mistakes.

use nexus_tests::in_bed;
use serde_json::Value;

use super::{code, json, said};

const MISTAKEN: &str = r#"
[postgres]
pool_sizee = 3
app_url = "nonsense"
[redis]
prefix = ""
[api]
page_max = 0
[nothing]
a = 1
"#;

#[tokio::test]
async fn every_mistake_is_listed_at_once() {
    in_bed(async |bed| {
        let file = bed.dir().join("mistaken.toml");
        std::fs::write(&file, MISTAKEN).unwrap();
        let file = file.to_str().unwrap();
        let env = [("NEXUS_RELAY__PUSH_ROWS_MAX", "many")];
        let checked = bed
            .nexus_with(&["config", "check", "--config", file], &env)
            .await;
        insta::assert_snapshot!(bed.told(&checked), @r#"
        6 mistakes in the settings:
          postgres.pool_sizee (DIR/mistaken.toml): no such setting; expected a setting of [postgres]; did you mean postgres.pool_size?
          nothing (DIR/mistaken.toml): no such section; expected a section of default.toml
          postgres.app_url (DIR/mistaken.toml): found something else (not shown); expected a URL such as "scheme://user:password@host:port/name"
          relay.push_rows_max (env NEXUS_RELAY__PUSH_ROWS_MAX): found string "many"; expected a whole number from 0 to 4294967295
          redis.prefix (DIR/mistaken.toml): found ""; expected a text that is not empty, without braces and whitespace
          api.page_max (DIR/mistaken.toml): 0 is too little; expected 1 or more
        exit 2
        "#);
        // Any other command says the same, and does nothing.
        let list = bed
            .nexus_with(&["jobs", "list", "--config", file], &env)
            .await;
        assert_eq!(code(&list), 2);
        let text = String::from_utf8(checked.stdout).unwrap();
        for mistake in text.lines().skip(1) {
            assert!(said(&list).contains(mistake), "{mistake}");
        }
        let args = ["config", "check", "--json", "--config", file];
        let checked = bed.nexus_with(&args, &env).await;
        assert_eq!(code(&checked), 2);
        let checked: Value = serde_json::from_slice(&checked.stdout).unwrap();
        assert_eq!(checked["mistakes"].as_array().unwrap().len(), 6);
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_not_there_or_no_toml_is_exit_2() {
    in_bed(async |bed| {
        let missing = bed.dir().join("none.toml");
        let args = ["jobs", "list", "--config", missing.to_str().unwrap()];
        insta::assert_snapshot!(bed.told(&bed.nexus(&args).await), @"
        error: one mistake in the settings:
          DIR/none.toml: the settings file cannot be read (No such file or directory (os error 2)); expected a readable TOML file
         hint: `nexus config show --origin` lists every setting with where it comes from
        exit 2
        ");
        let broken = bed.dir().join("broken.toml");
        std::fs::write(&broken, "[postgres\n").unwrap();
        let args = ["config", "check", "--config", broken.to_str().unwrap()];
        let output = bed.nexus(&args).await;
        assert_eq!(code(&output), 2);
        assert!(bed.told(&output).contains("DIR/broken.toml"), "{output:?}");
    })
    .await;
}

#[tokio::test]
async fn settings_without_mistakes_are_said_to_be_so() {
    in_bed(async |bed| {
        let checked = bed.nexus(&["config", "check"]).await;
        assert_eq!(bed.told(&checked), "no mistakes (DIR/nexus.toml)\nexit 0");
        assert_eq!(
            json(bed, &["config", "check"]).await["mistakes"],
            serde_json::json!([])
        );
    })
    .await;
}

#[tokio::test]
async fn no_password_is_ever_shown() {
    in_bed(async |bed| {
        let env = [
            (
                "NEXUS_POSTGRES__APP_URL",
                "postgres://nexus_app:geheim@db:5432/nexus",
            ),
            (
                "NEXUS_POSTGRES__OWNER_URL",
                "postgres://owner:geh%65im@db/nexus?password=geheim",
            ),
            ("NEXUS_REDIS__URL", "redis://:geheim@cache:6379/0"),
        ];
        for args in [
            &["config", "show"][..],
            &["config", "show", "--origin"],
            &["config", "show", "--json"],
            &["config", "check"],
        ] {
            let output = bed.nexus_with(args, &env).await;
            let told = bed.told(&output);
            assert_eq!(code(&output), 0, "{told}");
            assert!(
                !told.contains("geheim") && !told.contains("geh%65im"),
                "{told}"
            );
        }
        let shown = bed.nexus_with(&["config", "show", "--origin"], &env).await;
        let shown = bed.told(&shown);
        for line in [
            "app_url = \"postgres://nexus_app:***@db:5432/nexus\" # env NEXUS_POSTGRES__APP_URL",
            "url = \"redis://:***@cache:6379/0\"             # env NEXUS_REDIS__URL",
        ] {
            assert!(shown.contains(line), "{line}\n{shown}");
        }
        assert!(shown.contains("# DIR/nexus.toml"), "{shown}");
    })
    .await;
}

#[tokio::test]
async fn what_is_shown_may_be_written_to_the_file() {
    in_bed(async |bed| {
        let shown = bed.nexus_ok(&["config", "show"]).await;
        let file = bed.dir().join("shown.toml");
        std::fs::write(&file, &shown).unwrap();
        let again = ["config", "show", "--config", file.to_str().unwrap()];
        assert_eq!(bed.nexus_ok(&again).await, shown);
    })
    .await;
}
