//! What each database role may not do.

use chrono::{Datelike, Utc};
use diesel_async::RunQueryDsl;
use nexus_tests::{TestBed, in_bed};

async fn refused(bed: &TestBed, role: &str, statement: &str) {
    let mut conn = bed.conn_as(role).await;
    let answer = diesel::sql_query(statement).execute(&mut conn).await;
    let error = answer.expect_err(statement).to_string();
    assert!(
        error.contains("permission denied"),
        "{role}: {statement}: {error}"
    );
}

async fn allowed(bed: &TestBed, role: &str, statement: &str) {
    let mut conn = bed.conn_as(role).await;
    let answer = diesel::sql_query(statement).execute(&mut conn).await;
    answer.unwrap_or_else(|error| panic!("{role}: {statement}: {error}"));
}

const LOADED: [&str; 3] = ["transactions", "expenses", "bank_statements"];

#[tokio::test]
async fn the_application_reads_parents_and_no_leaf() {
    in_bed(async |bed| {
        for parent in LOADED {
            let make = format!("SELECT nexus.month_leaf('{parent}', '2025-03-09')");
            allowed(bed, "nexus_app", &make).await;
            let leaf = format!("nexus.{parent}_y2025m03");
            allowed(bed, "nexus_app", &format!("SELECT FROM nexus.{parent}")).await;
            refused(bed, "nexus_app", &format!("SELECT FROM {leaf}")).await;
            refused(bed, "nexus_app", &format!("DELETE FROM {leaf}")).await;
            refused(bed, "nexus_app", &format!("COPY {leaf} FROM STDIN BINARY")).await;
            refused(
                bed,
                "nexus_app",
                &format!("COPY nexus.{parent} FROM STDIN BINARY"),
            )
            .await;
        }
        let now = Utc::now();
        let month = format!("y{}m{:02}", now.year(), now.month());
        for parent in ["job_history", "attempt_errors"] {
            allowed(bed, "nexus_app", &format!("SELECT FROM nexus.{parent}")).await;
            refused(
                bed,
                "nexus_app",
                &format!("SELECT FROM nexus.{parent}_{month}"),
            )
            .await;
        }
    })
    .await;
}

#[tokio::test]
async fn no_leaf_at_all_grants_the_application_anything() {
    in_bed(async |bed| {
        for parent in LOADED.into_iter().chain(["dataset_rejects"]) {
            let make = format!("SELECT nexus.month_leaf('{parent}', '2025-03-01')");
            allowed(bed, "nexus_loader", &make).await;
        }
        let granted = "relispartition AND relkind = 'r' AND (\
             has_table_privilege('nexus_app', oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE'))";
        assert_eq!(bed.count_in("pg_class", granted).await, 0);
        let leaves = "relispartition AND relkind = 'r'";
        assert!(bed.count_in("pg_class", leaves).await >= 10);
    })
    .await;
}

#[tokio::test]
async fn the_loader_sees_no_job_and_writes_only_leaves() {
    in_bed(async |bed| {
        for table in [
            "jobs",
            "job_history",
            "dispatch",
            "leases",
            "attempt_errors",
            "workers",
        ] {
            refused(bed, "nexus_loader", &format!("SELECT FROM nexus.{table}")).await;
        }
        let make = "SELECT nexus.month_leaf('transactions', '2025-03-01')";
        allowed(bed, "nexus_loader", make).await;
        let leaf = "nexus.transactions_y2025m03";
        let values = "VALUES (1, 1, 1, 1, 'r', '2025-03-31', 1.5)";
        let columns = "(tenant_id, case_id, dataset_id, row_no, row_id, date, amount)";
        allowed(
            bed,
            "nexus_loader",
            &format!("INSERT INTO {leaf} {columns} {values}"),
        )
        .await;
        refused(bed, "nexus_loader", &format!("SELECT FROM {leaf}")).await;
        refused(bed, "nexus_loader", &format!("DELETE FROM {leaf}")).await;
        let party = "INSERT INTO nexus.parties (tenant_id, case_id, dataset_id, row_no, row_id, \
             role, party_id) VALUES (1, 1, 1, 1, 'r', 'vendor', 'V')";
        allowed(bed, "nexus_loader", party).await;
        refused(bed, "nexus_app", party).await;
        allowed(bed, "nexus_app", "DELETE FROM nexus.parties").await;
        for table in ["parties", "calendars", "dataset_loads", "dataset_columns"] {
            refused(bed, "nexus_loader", &format!("SELECT FROM nexus.{table}")).await;
            refused(bed, "nexus_loader", &format!("DELETE FROM nexus.{table}")).await;
        }
        refused(bed, "nexus_loader", "SELECT FROM nexus.datasets").await;
        refused(bed, "nexus_loader", "UPDATE nexus.datasets SET error = 'x'").await;
    })
    .await;
}

#[tokio::test]
async fn neither_makes_tables_nor_drops_them() {
    in_bed(async |bed| {
        for role in ["nexus_app", "nexus_loader"] {
            refused(bed, role, "CREATE TABLE nexus.own (id bigint)").await;
            let mut conn = bed.conn_as(role).await;
            let dropped = diesel::sql_query("DROP TABLE nexus.jobs")
                .execute(&mut conn)
                .await;
            assert!(dropped.unwrap_err().to_string().contains("owner"));
        }
        let text = "SELECT nexus.month_leaf('jobs; DROP TABLE nexus.jobs', '2025-03-01')";
        let mut conn = bed.conn().await;
        let made = diesel::sql_query(text).execute(&mut conn).await;
        assert!(
            made.unwrap_err()
                .to_string()
                .contains("not a partitioned table")
        );
    })
    .await;
}
