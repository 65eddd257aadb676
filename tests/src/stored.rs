//! What stands of a dataset: its rows, its rejects, each in a line of text.

use diesel::sql_types::{BigInt, Text};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use nexus_jobs::DatasetId;
use nexus_schema::datasets::rejects;

use crate::bed::TestBed;
use crate::loads::Ended;

/// More rejects than a file of a test has.
const REJECTS_MAX: u32 = 1000;

/// What does not tell what a row says, but whose it is.
const OWNERS: &str = "'{tenant_id,case_id,dataset_id}'::text[]";

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

impl TestBed {
    /// The rows of a dataset in their order, a line of JSON each, without nulls.
    pub async fn stored(&self, table: &str, dataset: impl Into<i64>) -> String {
        let row = format!("jsonb_strip_nulls(to_jsonb(t) - {OWNERS})::text");
        self.joined(table, dataset.into(), &row).await
    }

    /// A digest of every column of every row of a dataset, in their order.
    pub async fn digest(&self, table: &str, dataset: DatasetId) -> String {
        let row = format!("(to_jsonb(t) - {OWNERS})::text");
        let text = format!(
            "SELECT encode(sha256(convert_to(coalesce(string_agg({row}, E'\\n' ORDER BY row_no), ''), \
             'UTF8')), 'hex') AS line FROM nexus.{table} AS t WHERE dataset_id = $1"
        );
        self.line(&text, dataset.0).await
    }

    /// The rejects of a dataset, a line each: its line in the file, the reason, the column, the
    /// raw text.
    pub async fn rejected(&self, ended: &Ended) -> String {
        let id = DatasetId(ended.dataset.dataset.id);
        let page = rejects(&mut *self.conn().await, id, None, 0, REJECTS_MAX).await;
        let rejects = page.expect("the rejects").rejects;
        let about = &ended.dataset.dataset;
        assert_eq!(i64::try_from(rejects.len()).ok(), Some(about.rows_rejected));
        let lines = rejects.iter().map(|reject| {
            let column = reject.column_name.as_deref().unwrap_or("-");
            format!(
                "{} {} {column}: {}",
                reject.line_no, reject.reason, reject.raw
            )
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    async fn joined(&self, table: &str, dataset: i64, row: &str) -> String {
        let text = format!(
            "SELECT coalesce(string_agg({row}, E'\\n' ORDER BY row_no), '') AS line \
             FROM nexus.{table} AS t WHERE dataset_id = $1"
        );
        self.line(&text, dataset).await
    }

    async fn line(&self, query: &str, dataset: i64) -> String {
        let found: Line = sql_query(query)
            .bind::<BigInt, _>(dataset)
            .get_result(&mut *self.conn().await)
            .await
            .expect("the rows");
        found.line
    }
}
