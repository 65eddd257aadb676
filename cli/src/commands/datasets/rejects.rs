//! `nexus datasets rejects`

use clap::Args;
use nexus_handlers::process_dataset::reject::RejectReason;
use nexus_jobs::DatasetId;
use nexus_schema::AsyncPgConnection;
use nexus_schema::datasets::{self, Reject, RejectPage};

use super::no_dataset;
use crate::exit::{Exit, Failure};
use crate::invocation::Invocation;
use crate::output::table::{Column, Table};
use crate::output::{Look, paging, print};

/// Rows of one page where none is asked for.
const PAGE: u32 = 20;

/// Rows fetched at once for CSV.
const CSV_PAGE: u32 = 5_000;

/// Which rejects.
#[derive(Debug, Args)]
pub(crate) struct RejectsArgs {
    /// The dataset's id
    id: DatasetId,
    /// Only those of this reason, by its code
    #[arg(long, value_name = "CODE")]
    reason: Option<String>,
    /// How many at most [default: 20; with --csv, all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Only those of later rows: the next page
    #[arg(long, value_name = "ROW", default_value_t = 0)]
    after: i64,
    /// Print CSV, each row's raw text in full
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

pub(super) async fn run(args: &RejectsArgs, invocation: &Invocation) -> anyhow::Result<Exit> {
    check_reason(args.reason.as_deref())?;
    let mut conn = invocation.connect().await?;
    if datasets::find(&mut conn, args.id).await?.is_none() {
        return Err(no_dataset(args.id).into());
    }
    if args.csv {
        write_csv(args, &mut conn).await?;
        return Ok(Exit::Ok);
    }
    let limit = args.limit.unwrap_or(PAGE);
    let page = page(args, &mut conn, args.after, limit).await?;
    invocation.output.show(&page, render)?;
    Ok(Exit::Ok)
}

fn check_reason(reason: Option<&str>) -> Result<(), Failure> {
    let known = RejectReason::ALL.map(RejectReason::as_str);
    match reason {
        Some(reason) if !known.contains(&reason) => {
            let wrong = format!("no reason {reason:?}");
            Err(Failure::new(Exit::Usage, wrong).hint(format!("use one of {}", known.join(", "))))
        }
        _ => Ok(()),
    }
}

async fn page(
    args: &RejectsArgs,
    conn: &mut AsyncPgConnection,
    after: i64,
    limit: u32,
) -> nexus_schema::Result<RejectPage> {
    datasets::rejects(conn, args.id, args.reason.as_deref(), after, limit).await
}

async fn write_csv(args: &RejectsArgs, conn: &mut AsyncPgConnection) -> anyhow::Result<()> {
    let mut left = args.limit.unwrap_or(u32::MAX);
    let mut after = Some(args.after);
    print("line,row,column,reason,raw")?;
    while let Some(from) = after.filter(|_| left > 0) {
        let page = page(args, conn, from, left.min(CSV_PAGE)).await?;
        left = left.saturating_sub(u32::try_from(page.rejects.len()).unwrap_or(u32::MAX));
        after = page.next;
        let rows: String = page.rejects.iter().map(csv_row).collect();
        print(&rows)?;
    }
    Ok(())
}

fn csv_row(reject: &Reject) -> String {
    format!(
        "{},{},{},{},{}\n",
        reject.line_no,
        reject.row_no,
        quoted(reject.column_name.as_deref().unwrap_or_default()),
        reject.reason,
        quoted(&reject.raw)
    )
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

fn render(page: &RejectPage, look: &Look) -> String {
    if page.rejects.is_empty() {
        return "no such rejects".to_owned();
    }
    let mut table = Table::new([
        Column::number("LINE"),
        Column::new("REASON"),
        Column::new("COLUMN"),
        Column::cut("RAW"),
    ]);
    for reject in &page.rejects {
        table.row([
            reject.line_no.to_string(),
            reject.reason.clone(),
            reject.column_name.clone().unwrap_or_default(),
            reject.raw.clone(),
        ]);
    }
    let mut text = table.render(look);
    text.push_str(&paging::more(look, "--after", page.next));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reject(line_no: i64, column: Option<&str>, raw: &str) -> Reject {
        Reject {
            load_id: 1,
            line_no,
            row_no: line_no - 1,
            column_name: column.map(str::to_owned),
            reason: "bad_date".into(),
            raw: raw.into(),
        }
    }

    #[test]
    fn raw_text_is_cut_in_a_table_and_whole_in_csv() {
        let long = "T000000101,2024-02-30,2024-03-02 09:12:44,1250.00,EUR,DE01,DE02,\"V, 1\"";
        let page = RejectPage {
            rejects: vec![
                reject(102, Some("date"), long),
                reject(1003, None, "\x1b[2J"),
            ],
            next: Some(1003),
        };
        insta::assert_snapshot!(render(&page, &Look::fixed()), @r"
        LINE  REASON    COLUMN  RAW
         102  bad_date  date    T000000101,2024-02-30,2024-03-02 09:12:44,1250.00,EUR,D…
        1003  bad_date          �[2J
        more: --after 1003
        ");
        assert_eq!(
            csv_row(&reject(3, Some("a\"b"), "x\ny")),
            "3,2,\"a\"\"b\",bad_date,\"x\ny\"\n"
        );
    }

    #[test]
    fn an_unknown_reason_is_named() {
        assert!(check_reason(Some("bad_date")).is_ok());
        assert!(check_reason(Some("bad_day")).is_err());
    }
}
