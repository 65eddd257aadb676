//! The proposal as a page.

use nexus_handlers::process_dataset::input::EncodingBasis;
use nexus_handlers::propose::{
    ColumnVerdict, Dialect, Inside, Proposal, Question, Sample, SampleFormat, Sure,
};

use crate::output::Look;
use crate::output::number::{grouped, percent};
use crate::output::page::Page;
use crate::output::style::Style;
use crate::output::table::{Column, Table};
use crate::output::text::{lines, one_line};

pub(super) fn page(sample: &Sample, proposal: &Proposal, look: &Look) -> String {
    let mut page = Page::new(look, &format!("a profile for {}", sample.name));
    let (sure, why) = (proposal.type_sure.as_str(), &proposal.type_why);
    let dataset_type = proposal.dataset_type;
    page.field(
        "type",
        &match proposal.type_sure {
            Sure::Asked => format!("asked: {why}; the columns are fitted to {dataset_type}"),
            _ => format!("{dataset_type}, {sure}: {why}"),
        },
    );
    page.field("format", &format(&sample.format));
    let mut looked_at = format!("the first {} records", grouped(sample.rows.len()));
    if sample.odd_records > 0 {
        let what = match sample.odd_records {
            1 => "1 that does not fit the table and".to_owned(),
            odd => format!("{} that do not fit the table and", grouped(odd)),
        };
        looked_at.push_str(&format!(", without {what} would be rejected"));
    }
    page.field("sample", &looked_at);
    if let Some(encoding) = encoding(sample) {
        page.field("encoding", &encoding);
    }

    page.section("columns");
    page.table(&columns(&proposal.columns));
    page.section("why");
    for column in &proposal.columns {
        reason(&mut page, &column.column, &column.why);
    }
    if !proposal.questions.is_empty() {
        page.section("open, to be answered");
        for question in &proposal.questions {
            page.field("question", &question.text);
            for choice in &question.choices {
                page.field("", &format!("{}  ({})", choice.option, choice.means));
            }
        }
    }
    let title = if proposal.questions.is_empty() {
        "the profile"
    } else {
        "the profile, unfinished"
    };
    page.section(title);
    let mut text = page.finish();
    text.push_str(&lines(&proposal.toml));
    text
}

/// A question with its answers, for standard error.
pub(super) fn question(question: &Question) -> String {
    let mut text = format!("open: {}", question.text);
    for choice in &question.choices {
        text.push_str(&format!("\n  {}  ({})", choice.option, choice.means));
    }
    text
}

/// What is said of a column, below its name where that is longer than a label.
fn reason(page: &mut Page<'_>, name: &str, why: &str) {
    const LABEL: usize = 13;
    let name = one_line(name);
    if name.chars().count() <= LABEL {
        page.field(&name, why);
    } else {
        page.line(&name);
        page.field("", why);
    }
}

fn encoding(sample: &Sample) -> Option<String> {
    let (encoding, basis) = sample.encoding?;
    let how = match (basis, sample.telling_text()) {
        (EncodingBasis::ByteOrderMark, _) => "as its byte order mark says".to_owned(),
        (_, None) => "as far as the sample goes, which is plain ASCII".to_owned(),
        (_, Some(text)) => {
            let text: String = text.chars().take(32).collect();
            format!("by the look of it; right if this reads right: {text:?}")
        }
    };
    Some(format!("{encoding}, {how}"))
}

fn format(format: &SampleFormat) -> String {
    let Dialect {
        delimiter,
        quote,
        inside,
        header,
        skip_lines,
        comment,
        ..
    } = match format {
        SampleFormat::JsonLines => return "JSON Lines".to_owned(),
        SampleFormat::Parquet => return "Parquet".to_owned(),
        SampleFormat::Csv(dialect) => *dialect,
    };
    let mark = |byte: u8| format!("{:?}", char::from(byte));
    let mut text = format!("CSV, {} between fields", mark(delimiter));
    match quote {
        Some(quote) => text.push_str(&format!(", {} around them", mark(quote))),
        None => text.push_str(", no quotes"),
    }
    text.push_str(match inside {
        Inside::Doubled => "",
        Inside::Stray => ", others inside them as they are",
        Inside::Backslash => ", those inside after a backslash",
    });
    text.push_str(if header { ", a header" } else { ", no header" });
    match skip_lines {
        0 => {}
        1 => text.push_str(" below 1 line of titles"),
        lines => text.push_str(&format!(" below {lines} lines of titles")),
    }
    if let Some(comment) = comment {
        text.push_str(&format!(", comments after {}", mark(comment)));
    }
    text
}

fn columns(columns: &[ColumnVerdict]) -> Table {
    let mut table = Table::new([
        Column::cut("COLUMN"),
        Column::new("FIELD"),
        Column::cut("WRITTEN"),
        Column::number("FITS"),
        Column::new("SURE"),
    ]);
    for column in columns {
        let share = percent(column.fits, column.of);
        let cells = [
            column.column.clone(),
            column.fields.join(", "),
            column.written.clone().unwrap_or_default(),
            column.sure.map_or(String::new(), |_| share),
            column.sure.map_or("not loaded", Sure::as_str).to_owned(),
        ];
        table.styled(4, style(column.sure), cells);
    }
    table
}

fn style(sure: Option<Sure>) -> Style {
    match sure {
        Some(Sure::Sure) => Style::Good,
        Some(Sure::Asked) => Style::Bad,
        Some(Sure::Likely | Sure::Unsure) => Style::Warn,
        None => Style::Dim,
    }
}

#[cfg(test)]
mod tests {
    use nexus_handlers::process_dataset::head::Head;
    use nexus_handlers::propose::{Answer, Answers, DateOrder, propose, read_sample};

    use super::*;

    fn page_of(csv: &str, answers: &Answers) -> String {
        let head = Head::read(csv.as_bytes(), 10_000).unwrap();
        let sample = read_sample(&head, "march.csv").unwrap();
        page(&sample, &propose(&sample, answers), &Look::fixed())
    }

    const STATEMENT: &str = "Statement of account\n\nDate;Counterparty;Debit;Credit;Balance\n\
        03/04/2024;Municipal Utilities of the City of Somewhere;84,00;;1.234,56\n\
        04/04/2024;ACME;;2.500,00;3.734,56\n04/04/2024;Kiosk;2,50\n";

    #[test]
    fn a_page_with_a_question() {
        insta::assert_snapshot!(page_of(STATEMENT, &Answers::default()), @r#"
        a profile for march.csv
          type          bank_statements, sure: its columns speak of 'balance',
                        'counterparty', 'debit and credit'
          format        CSV, ';' between fields, '"' around them, a header below 2 lines
                        of titles
          sample        the first 2 records, without 1 that does not fit the table and
                        would be rejected
          encoding      utf-8, as far as the sample goes, which is plain ASCII

        columns
          COLUMN        FIELD       WRITTEN                FITS  SURE
          Date          date        %d/%m/%Y ?          100.0 %  asked
          Counterparty  party_name                      100.0 %  sure
          Debit         debit       decimals after ","  100.0 %  sure
          Credit        credit      decimals after ","  100.0 %  sure
          Balance                                                not loaded

        why
          Date          2 of 2 values are days as %d/%m/%Y; header says 'Date'; day and
                        month can be read both ways
          Counterparty  2 of 2 values are there; header says 'Counterparty'
          Debit         1 of 1 values are amounts like 84,00; header says 'Debit'; 84,00
                        proves the "," before the decimals
          Credit        1 of 1 values are amounts like 2.500,00; header says 'Credit';
                        84,00 proves the "," before the decimals
          Balance       a balance is what others come to, and no field holds it

        open, to be answered
          question      Does the day or the month come first in "Date"? (every value can
                        be read both ways)
                        --dates day-first  (the day first: 03/04/2024 is 2024-04-03)
                        --dates month-first  (the month first: 03/04/2024 is 2024-03-04)

        the profile, unfinished
        # Proposed from the first 2 records of "march.csv".
        # Open: Does the day or the month come first in "Date"? (every value can be
        # read both ways)
        type = "bank_statements"
        description = "As in march.csv"
        # The sample is plain ASCII, which does not tell the encoding: a load looks at
        # the first bytes of each file.
        encoding = "auto"

        [csv]
        delimiter = ";"
        skip_lines = 2

        [columns]
        row_id = "@row"
        date = "Date"
        debit = "Debit"
        credit = "Credit"
        party_name = "Counterparty"
        # Not loaded: "Balance"

        [amount]
        decimal_mark = ","
        thousands_marks = ["."]
        negative = ["leading_minus"]

        [date]
        # formats = ["%d/%m/%Y"]  # the day first
        # formats = ["%m/%d/%Y"]  # the month first

        # The same row again? None of 2 in the sample repeats these fields of an
        # earlier one, as they are written:
        # [duplicates]
        # key = ["date", "amount", "party_name"]
        # policy = "keep"  # or "reject" or "replace"
        "#);
    }

    #[test]
    fn a_page_without_one_fits_the_terminal() {
        let mut answers = Answers::default();
        answers.give(Answer::Dates(DateOrder::DayFirst));
        let page = page_of(STATEMENT, &answers);
        assert!(!page.contains("unfinished"));
        let (page, _) = page.split_once("the profile").unwrap();
        assert!(
            page.lines().all(|line| line.chars().count() <= 80),
            "{page}"
        );
        insta::assert_snapshot!(page, @r#"
        a profile for march.csv
          type          bank_statements, sure: its columns speak of 'balance',
                        'counterparty', 'debit and credit'
          format        CSV, ';' between fields, '"' around them, a header below 2 lines
                        of titles
          sample        the first 2 records, without 1 that does not fit the table and
                        would be rejected
          encoding      utf-8, as far as the sample goes, which is plain ASCII

        columns
          COLUMN        FIELD       WRITTEN                FITS  SURE
          Date          date        %d/%m/%Y            100.0 %  sure
          Counterparty  party_name                      100.0 %  sure
          Debit         debit       decimals after ","  100.0 %  sure
          Credit        credit      decimals after ","  100.0 %  sure
          Balance                                                not loaded

        why
          Date          2 of 2 values are days as %d/%m/%Y; header says 'Date'; the
                        order of day and month is your answer
          Counterparty  2 of 2 values are there; header says 'Counterparty'
          Debit         1 of 1 values are amounts like 84,00; header says 'Debit'; 84,00
                        proves the "," before the decimals
          Credit        1 of 1 values are amounts like 2.500,00; header says 'Credit';
                        84,00 proves the "," before the decimals
          Balance       a balance is what others come to, and no field holds it
        "#);
    }
}
