use std::sync::Arc;

use super::*;
use crate::generate::Generator;
use crate::process_dataset::chunk::RowScope;
use crate::process_dataset::decoder::Decoder;
use crate::process_dataset::head::Head;
use crate::process_dataset::parquet_file::Doubles;
use crate::process_dataset::profile::Profile;
use crate::process_dataset::settings::DecodeSettings;
use crate::process_dataset::table::DatasetType;

mod asked;
mod awkward;
mod properties;
mod reference;
mod typed;

fn sample(text: &str) -> Sample {
    let head = Head::read(text.as_bytes(), sample::SAMPLE_BYTES_MAX).unwrap();
    read_sample(&head, "file.csv").unwrap()
}

/// What is proposed. Where only the type is in doubt, the first that is possible is said.
fn proposal(text: &str) -> Proposal {
    let sample = sample(text);
    let open = propose(&sample, &Answers::default());
    match open.questions.first().and_then(|open| open.choices.first()) {
        Some(Choice {
            answer: Some(answer @ Answer::Type(_)),
            ..
        }) => {
            let mut answers = Answers::default();
            answers.give(*answer);
            propose(&sample, &answers)
        }
        _ => open,
    }
}

/// That the rows are transactions has been said.
fn transactions() -> Answers {
    let mut answers = Answers::default();
    answers.give(Answer::Type(DatasetType::Transactions));
    answers
}

/// The columns, a line each, and the questions.
fn show(proposal: &Proposal) -> String {
    let mut text = format!(
        "{} {}: {}\n",
        proposal.dataset_type,
        proposal.type_sure.as_str(),
        proposal.type_why
    );
    for one in &proposal.columns {
        text.push_str(&format!(
            "{} → {} | {} | {} | {}\n",
            one.column,
            one.fields.join("+"),
            one.written.as_deref().unwrap_or("."),
            one.sure.map_or("not loaded", Sure::as_str),
            one.why
        ));
    }
    for question in &proposal.questions {
        text.push_str(&format!("? {}\n", question.text));
        for choice in &question.choices {
            text.push_str(&format!("  {}: {}\n", choice.option, choice.means));
        }
    }
    text
}

/// Rows read and loaded by the proposed profile.
fn load(text: &str, proposal: &Proposal) -> (u64, u64) {
    load_bytes(text.as_bytes(), proposal)
}

fn load_bytes(bytes: &[u8], proposal: &Proposal) -> (u64, u64) {
    let profile = Profile::parse(&proposal.toml);
    let profile = profile.unwrap_or_else(|error| panic!("{error}\n{}", proposal.toml));
    let scope = RowScope {
        tenant_id: 1,
        case_id: 1,
        dataset_id: 1,
        rows_before: 0,
    };
    let settings = DecodeSettings::default();
    let mut decoder = Decoder::start(
        bytes::Bytes::copy_from_slice(bytes),
        Arc::new(profile),
        scope,
        settings,
    )
    .unwrap();
    while let Some(chunk) = decoder.next_chunk().unwrap() {
        decoder.recycle(chunk);
    }
    let tally = decoder.finish().unwrap().tally;
    (tally.rows_read, tally.loaded)
}

#[test]
fn generated_transactions_are_recognised_whole() {
    let generator = Generator {
        rows: 300,
        faults_per_mille: 0,
        ..Generator::default()
    };
    let mut csv = Vec::new();
    generator.write(&mut csv).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    let proposal = proposal(&csv);
    insta::assert_snapshot!(show(&proposal), @r#"
        transactions sure: its columns speak of 'payer', 'payee', 'document number', 'document'
        row_id → row_id | . | sure | 300 of 300 values are there once only; header says 'row_id'
        date → date | %Y-%m-%d | sure | 300 of 300 values are days as %Y-%m-%d; header says 'date'
        posted_at → posted_at | %Y-%m-%dT%H:%M:%S%z | sure | 300 of 300 values are days as %Y-%m-%dT%H:%M:%S%z; header says 'posted_at'
        amount → amount | decimals after "." | sure | 300 of 300 values are amounts like -16344.55; header says 'amount'; 3765.92 proves the "." before the decimals
        currency → currency | . | sure | 300 of 300 values are currency codes; header says 'currency'
        payer_account → payer_account | . | sure | 300 of 300 values are written as IBANs; header says 'payer_account'
        payee_account → payee_account | . | sure | 300 of 300 values are written as IBANs; header says 'payee_account'
        party_id → party_id | . | sure | 300 of 300 values are there; header says 'party_id'
        party_name → party_name | . | sure | 300 of 300 values are there; header says 'party_name'
        employee → employee | . | sure | 300 of 300 values are there; header says 'employee'
        approver → approver | . | sure | 274 of 300 values are there; header says 'approver'
        document_number → document_number | . | sure | 300 of 300 values are there; header says 'document_number'
        category → category | . | sure | 300 of 300 values are there; header says 'category'
        description → description | . | sure | 300 of 300 values are there; header says 'description'
        "#);
    insta::assert_snapshot!(proposal.toml, @r#"
        # Proposed from the first 300 records of "file.csv".
        type = "transactions"
        description = "As in file.csv"
        # By the look of the bytes, which are hardly UTF-8 by chance. Right if this
        # reads right: "Novák Catering S.p.A."
        encoding = "utf-8"

        [csv]
        delimiter = ","

        [columns]
        row_id = "row_id"
        date = "date"
        posted_at = "posted_at"
        amount = "amount"
        currency = "currency"
        payer_account = "payer_account"
        payee_account = "payee_account"
        party_id = "party_id"
        party_name = "party_name"
        employee = "employee"
        approver = "approver"
        document_number = "document_number"
        category = "category"
        description = "description"

        [amount]
        decimal_mark = "."
        negative = ["leading_minus"]

        [date]
        formats = ["%Y-%m-%d"]

        [posted_at]
        formats = ["%Y-%m-%dT%H:%M:%S%z"]

        # The same row again? 2 of 300 in the sample repeat these fields of an earlier
        # one, as they are written:
        # [duplicates]
        # key = ["date", "amount", "party_id", "document_number"]
        # policy = "keep"  # or "reject" or "replace"
        "#);
    assert_eq!(load(&csv, &proposal), (300, 300));
}

#[test]
fn a_bank_statement_with_debit_and_credit() {
    let csv = "Date;Booking Date;Debit;Credit;Currency;Account;Counterparty;Counterparty Account;\
        Reference;Type;Description\n\
        31.12.2023;31.12.2023;1.234,56;;EUR;DE02120300000000202051;Meyer;DE89370400440532013000;R1;Transfer;rent\n\
        01.01.2024;02.01.2024;;12.000,00;EUR;DE02120300000000202051;Novák;CZ6508000000192000145399;R2;Salary;-\n\
        02.01.2024;03.01.2024;-;7,50;EUR;DE02120300000000202051;Kiosk;NULL;R3;Card;coffee\n";
    let proposal = proposal(csv);
    insta::assert_snapshot!(show(&proposal), @r#"
        bank_statements sure: its columns speak of 'booking date', 'counterparty', 'debit and credit'
        Date → date | %d.%m.%Y | sure | 3 of 3 values are days as %d.%m.%Y; header says 'Date'; 31.12.2023 proves that the day comes first
        Booking Date → posted_at | %d.%m.%Y | sure | 3 of 3 values are days as %d.%m.%Y; header says 'Booking Date'; 31.12.2023 proves that the day comes first
        Debit → debit | decimals after "," | sure | 1 of 1 values are amounts like 1.234,56; header says 'Debit'; 1.234,56 proves the "," before the decimals
        Credit → credit | decimals after "," | sure | 2 of 2 values are amounts like 12.000,00; header says 'Credit'; 1.234,56 proves the "," before the decimals
        Currency → currency | . | sure | 3 of 3 values are currency codes; header says 'Currency'
        Account → payer_account | . | sure | 3 of 3 values are written as IBANs; header says 'Account'
        Counterparty → party_name | . | sure | 3 of 3 values are there; header says 'Counterparty'
        Counterparty Account → payee_account | . | sure | 2 of 2 values are written as IBANs; header says 'Counterparty Account'
        Reference → reference | . | sure | 3 of 3 values are there; header says 'Reference'
        Type → category | . | sure | 3 of 3 values are there; header says 'Type'
        Description → description | . | sure | 2 of 3 values are there; header says 'Description'
        "#);
    insta::assert_snapshot!(proposal.toml, @r#"
        # Proposed from the first 3 records of "file.csv".
        type = "bank_statements"
        description = "As in file.csv"
        # By the look of the bytes, which are hardly UTF-8 by chance. Right if this
        # reads right: "Novák"
        encoding = "utf-8"
        blanks = ["-", "NULL"]

        [csv]
        delimiter = ";"

        [columns]
        row_id = "@row"
        date = "Date"
        posted_at = "Booking Date"
        debit = "Debit"
        credit = "Credit"
        currency = "Currency"
        payer_account = "Account"
        payee_account = "Counterparty Account"
        party_name = "Counterparty"
        reference = "Reference"
        category = "Type"
        description = "Description"

        [amount]
        decimal_mark = ","
        thousands_marks = ["."]
        negative = ["leading_minus"]

        [date]
        formats = ["%d.%m.%Y"]

        [posted_at]
        formats = ["%d.%m.%Y"]

        # The same row again? None of 3 in the sample repeats these fields of an
        # earlier one, as they are written:
        # [duplicates]
        # key = ["date", "amount", "party_name", "reference"]
        # policy = "keep"  # or "reject" or "replace"
        "#);
    assert_eq!(load(csv, &proposal), (3, 3));
}

#[test]
fn expense_claims() {
    let csv = "Expense ID,Date,Submitted At,Amount,Currency,Merchant ID,Merchant,Employee,Approver,\
        Receipt,Reference,Category,Description\n\
        E-1,31 Jan 2024,2024-02-01,\"$1,234.50\",USD,M1,Hotel,Anna,Bo,R-1,,lodging,\"two nights, Paris\"\n\
        E-2,2024-02-03,2024-02-04,(12.00),USD,M2,Taxi,Anna,Bo,R-2,,travel,n/a\n\
        E-3,29-Feb-2024,2024-03-01,7.5,USD,M3,Café,Chris,Bo,R-3,,meals,\n";
    let proposal = proposal(csv);
    insta::assert_snapshot!(show(&proposal), @r#"
        expenses sure: its columns speak of 'expense', 'merchant', 'employee', 'receipt'
        Expense ID → row_id | . | sure | 3 of 3 values are there once only; header says 'Expense ID'
        Date → date | %Y-%m-%d, %d %b %Y, %d-%b-%Y | sure | 3 of 3 values are days as %Y-%m-%d, %d %b %Y, %d-%b-%Y; header says 'Date'
        Submitted At → posted_at | %Y-%m-%d | sure | 3 of 3 values are days as %Y-%m-%d; header says 'Submitted At'
        Amount → amount | decimals after "." | sure | 3 of 3 values are amounts like $1,234.50; header says 'Amount'; $1,234.50 proves the "." before the decimals
        Currency → currency | . | sure | 3 of 3 values are currency codes; header says 'Currency'
        Merchant ID → party_id | . | sure | 3 of 3 values are there; header says 'Merchant ID'
        Merchant → party_name | . | sure | 3 of 3 values are there; header says 'Merchant'
        Employee → employee | . | sure | 3 of 3 values are there; header says 'Employee'
        Approver → approver | . | sure | 3 of 3 values are there; header says 'Approver'
        Receipt → document_number | . | sure | 3 of 3 values are there; header says 'Receipt'
        Reference → reference | . | likely | 0 of 3 values are there; header says 'Reference'
        Category → category | . | sure | 3 of 3 values are there; header says 'Category'
        Description → description | . | sure | 1 of 3 values are there; header says 'Description'
        "#);
    insta::assert_snapshot!(proposal.toml, @r#"
        # Proposed from the first 3 records of "file.csv".
        type = "expenses"
        description = "As in file.csv"
        # By the look of the bytes, which are hardly UTF-8 by chance. Right if this
        # reads right: "Café"
        encoding = "utf-8"
        blanks = ["n/a"]

        [csv]
        delimiter = ","

        [columns]
        row_id = "Expense ID"
        date = "Date"
        posted_at = "Submitted At"
        amount = "Amount"
        currency = "Currency"
        party_id = "Merchant ID"
        party_name = "Merchant"
        employee = "Employee"
        approver = "Approver"
        document_number = "Receipt"
        # likely: 0 of 3 values are there; header says 'Reference'
        reference = "Reference"
        category = "Category"
        description = "Description"

        [amount]
        decimal_mark = "."
        thousands_marks = [","]
        currency_signs = ["$"]
        negative = ["leading_minus", "parentheses"]

        [date]
        formats = ["%Y-%m-%d", "%d %b %Y", "%d-%b-%Y"]

        [posted_at]
        formats = ["%Y-%m-%d"]

        # The same row again? None of 3 in the sample repeats these fields of an
        # earlier one, as they are written:
        # [duplicates]
        # key = ["date", "amount", "party_id", "document_number"]
        # policy = "keep"  # or "reject" or "replace"
        "#);
    assert_eq!(load(csv, &proposal), (3, 3));
}

#[test]
fn vendor_payments_without_ids_or_currency() {
    let csv = "VendorNum,Date,InvNum,Amount\n2001,2010-01-02,0496J10,36.08\n2001,2010-01-02,1726J10,77.80\n\
        3812,2010-12-30,99,-1250.00\n";
    let proposal = proposal(csv);
    insta::assert_snapshot!(show(&proposal), @r#"
        transactions sure: its columns speak of 'vendor', 'inv'
        VendorNum → party_id | . | sure | 3 of 3 values are there; header says 'VendorNum'
        Date → date | %Y-%m-%d | sure | 3 of 3 values are days as %Y-%m-%d; header says 'Date'
        InvNum → document_number | . | sure | 3 of 3 values are there; header says 'InvNum'
        Amount → amount | decimals after "." | sure | 3 of 3 values are amounts like -1250.00; header says 'Amount'; 36.08 proves the "." before the decimals
        "#);
    assert_eq!(load(csv, &proposal), (3, 3));
}
