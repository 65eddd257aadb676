//! Servers that are away, and databases that are not there.

use nexus_tests::eventually::SOON;
use nexus_tests::{OwnRedis, TestBed, bounded, in_bed};
use serde_json::Value;

use super::{code, said};

/// A place where nobody listens; its password must never be printed.
const NOBODY: &str = "postgres://nexus_app:geheim@127.0.0.1:1/nexus";

#[tokio::test]
async fn postgres_away_is_exit_4() {
    in_bed(async |bed| {
        let env = [("NEXUS_POSTGRES__APP_URL", NOBODY)];
        let away = bed.nexus_with(&["jobs", "list"], &env).await;
        insta::assert_snapshot!(bed.told(&away), @r"
        error: Postgres cannot be reached: error connecting to server: Connection refused (os error 111)
         hint: is Postgres running? `nexus dev` starts a private one, or set NEXUS_POSTGRES__APP_URL
        exit 4
        ");
        for command in [
            &["enqueue", "noop"][..],
            &["jobs", "wait", "1"],
            &["queues"],
            &["workers"],
            &["cases", "list"],
            &["datasets", "list"],
        ] {
            let output = bed.nexus_with(command, &env).await;
            assert_eq!(code(&output), 4, "{command:?}: {}", said(&output));
            assert!(!bed.told(&output).contains("geheim"), "{command:?}");
        }
        let owner = [("NEXUS_POSTGRES__OWNER_URL", NOBODY)];
        assert_eq!(code(&bed.nexus_with(&["migrate"], &owner).await), 4);
    })
    .await;
}

#[tokio::test]
async fn an_error_is_one_json_document_where_json_is_asked_for() {
    in_bed(async |bed| {
        let env = [("NEXUS_POSTGRES__APP_URL", NOBODY)];
        let away = bed.nexus_with(&["jobs", "list", "--json"], &env).await;
        assert!(away.stdout.is_empty());
        let error: Value = serde_json::from_slice(&away.stderr).unwrap();
        assert!(
            error["error"]["message"]
                .as_str()
                .unwrap()
                .contains("Postgres")
        );
        assert!(error["error"]["hint"].is_string());
    })
    .await;
}

#[tokio::test]
async fn a_missing_database_or_role_says_how_to_make_it() {
    in_bed(async |bed| {
        let url = bed.settings().postgres.app_url.expose();
        let (server, database) = url.rsplit_once('/').unwrap();
        let elsewhere = format!("{server}/no_such_database");
        let env = [("NEXUS_POSTGRES__APP_URL", &*elsewhere)];
        let missing = bed.nexus_with(&["jobs", "list"], &env).await;
        insta::assert_snapshot!(bed.told(&missing), @r#"
        error: Postgres: connecting: database "no_such_database" does not exist
         hint: as a superuser: CREATE DATABASE nexus OWNER nexus_owner; then run `nexus migrate`
        exit 1
        "#);
        let (_, place) = server.rsplit_once('@').unwrap();
        let stranger = format!("postgres://no_such_role@{place}/{database}");
        let env = [("NEXUS_POSTGRES__APP_URL", &*stranger)];
        let missing = bed.nexus_with(&["jobs", "list"], &env).await;
        insta::assert_snapshot!(bed.told(&missing), @r#"
        error: Postgres: connecting: role "no_such_role" does not exist
         hint: create the roles, as a superuser: psql -f deploy/roles.sql
        exit 1
        "#);
    })
    .await;
}

#[tokio::test]
async fn roles_wait_for_a_redis_that_is_away_and_say_so() {
    bounded(async {
        let mut redis = OwnRedis::start().await;
        let bed = TestBed::with(|settings| redis.put_into(&mut settings.redis)).await;
        redis.kill();
        for role in ["serve", "work"] {
            let mut running = bed.spawn(&[role]);
            running.says("waiting for the broker").await;
            running.terminate();
            let status = running.wait(SOON).await;
            assert_eq!(status.code(), Some(0), "{role}: {}", running.log());
        }
    })
    .await;
}
