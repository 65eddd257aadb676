//! Loads that are refused as they are asked for: neither a dataset nor a job is made.

use std::os::unix::fs::symlink;
use std::path::Path;

use nexus_handlers::load_request::LoadRequestError;
use nexus_jobs::CaseId;
use nexus_schema::Error as LedgerError;
use nexus_schema::cases::{self, CaseChange};
use nexus_tests::bed::actor;
use nexus_tests::loads::CANONICAL;
use nexus_tests::{TestBed, in_bed};

/// Records of a good file, in the layout of the shipped profile `corporate-payments`.
const PAYMENTS: &str = "VendorNum,Date,InvNum,Amount\n7,2010-03-01,A1,12.50\n";

/// Asks for a load, which must be refused without a trace, and returns the error.
async fn refused(bed: &TestBed, path: &Path, profile: &str) -> String {
    let case = bed.open_case().await;
    refused_in(bed, case, path, profile).await
}

async fn refused_in(bed: &TestBed, case: CaseId, path: &Path, profile: &str) -> String {
    let error = bed.request(case, path, profile).await.unwrap_err();
    for table in ["datasets", "jobs", "dispatch"] {
        assert_eq!(bed.count(table, "true").await, 0, "{table}");
    }
    let dir = bed.dir().to_str().unwrap();
    error.to_string().replace(dir, "DIR")
}

#[tokio::test]
async fn a_path_that_may_not_be_read_is_refused() {
    in_bed(async |bed| {
        let data = bed.dir().join("data");
        let refused = async |path: &Path| refused(bed, path, CANONICAL).await;
        insta::assert_snapshot!(
            refused(&data.join("none.csv")).await,
            @"DIR/data/none.csv: there is no such file; allowed (datasets.roots): DIR/data"
        );
        insta::assert_snapshot!(
            refused(&data).await,
            @"DIR/data: it is not a regular file; allowed (datasets.roots): DIR/data"
        );
        std::fs::write(bed.dir().join("secret.csv"), PAYMENTS).unwrap();
        insta::assert_snapshot!(
            refused(&data.join("../secret.csv")).await,
            @"DIR/data/../secret.csv: it does not lie under an allowed directory; allowed (datasets.roots): DIR/data"
        );
        symlink(bed.dir().join("secret.csv"), data.join("link.csv")).unwrap();
        insta::assert_snapshot!(
            refused(&data.join("link.csv")).await,
            @"DIR/data/link.csv: it does not lie under an allowed directory; allowed (datasets.roots): DIR/data"
        );
        symlink(bed.dir(), data.join("up")).unwrap();
        insta::assert_snapshot!(
            refused(&data.join("up/secret.csv")).await,
            @"DIR/data/up/secret.csv: it does not lie under an allowed directory; allowed (datasets.roots): DIR/data"
        );
    })
    .await;
}

#[tokio::test]
async fn a_profile_that_is_not_shipped_is_refused() {
    in_bed(async |bed| {
        let path = bed.data_file("in.csv", PAYMENTS);
        insta::assert_snapshot!(
            refused(bed, &path, "corporate-payment").await,
            @r#"no profile "corporate-payment" is shipped; there are: amlsim-transfers, canonical-calendar, canonical-parties, canonical-transactions, corporate-payments, generic-bank-statement, generic-expenses"#
        );
    })
    .await;
}

#[tokio::test]
async fn a_profiles_mistakes_are_listed_all_at_once() {
    in_bed(async |bed| {
        let path = bed.data_file("in.csv", PAYMENTS);
        let mistaken = r#"
            type = "payments"
            optional_columns = ["ammount"]
            [csv]
            delimiter = "::"
            [columns]
            date = "Date"
            party_id = ""
            [amount]
            decimal_mark = "x"
            [date]
            formats = ["%Y-%Q"]
            [defaults]
            currency = "dollars"
        "#;
        insta::assert_snapshot!(refused(bed, &path, mistaken).await, @r#"
        profile has 6 mistake(s):
          type: "payments" is not one of transactions, expenses, bank_statements, parties, calendars
          defaults.currency: "dollars" should be three letters, like "EUR"
          columns.party_id: the name is empty
          optional_columns: "ammount" is not one of row_id, date, timestamp, posted_at, amount, debit, credit, currency, payer_account, payee_account, party_id, party_name, employee, approver, document_number, reference, category, description, role, account, address, phone, tax_id, entry, name
          amount.decimal_mark: "x" should be one mark, like "."
          date.formats: "%Y-%Q": "%Q" is not known; known are %Y %y %m %b %B %d %e %a %A %H %I %p %M %S %.f %z %%
        "#);
        insta::assert_snapshot!(refused(bed, &path, "type = \n").await, @r#"
        profile cannot be read: TOML parse error at line 1, column 8
          |
        1 | type = 
          |        ^
        string values must be quoted, expected literal string
        "#);
        insta::assert_snapshot!(refused(bed, &path, "typ = 'expenses'").await, @"
        profile cannot be read: TOML parse error at line 1, column 1
          |
        1 | typ = 'expenses'
          | ^^^
        unknown field `typ`, expected one of `type`, `description`, `blanks`, `optional_columns`, `csv`, `columns`, `amount`, `date`, `timestamp`, `posted_at`, `defaults`, `clean`, `format`, `encoding`, `parquet`, `duplicates`
        ");
    })
    .await;
}

#[tokio::test]
async fn a_case_that_takes_no_datasets_is_refused() {
    in_bed(async |bed| {
        let path = bed.data_file("in.csv", PAYMENTS);
        let profile = "corporate-payments";
        let unknown = refused_in(bed, CaseId(404), &path, profile).await;
        insta::assert_snapshot!(unknown, @"no case 404");
        let case = bed.open_case().await;
        let close = CaseChange {
            state: Some("closed".into()),
            ..CaseChange::default()
        };
        cases::change(&mut *bed.conn().await, case, &close, &actor())
            .await
            .unwrap();
        let closed = refused_in(bed, case, &path, profile).await;
        assert_eq!(closed, format!("case {case} is closed: reopen it first"));
        let error = bed.request(case, &path, profile).await.unwrap_err();
        assert!(
            matches!(error, LoadRequestError::Ledger(LedgerError::Conflict(_))),
            "{error:?}"
        );
    })
    .await;
}
