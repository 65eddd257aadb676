//! Vendor masters, lists of employees, holidays and limits, as systems export them.

use super::*;

/// The proposal without a word of help; everything in it loads.
fn complete(csv: &str) -> Proposal {
    let proposal = propose(&sample(csv), &Answers::default());
    assert_eq!(proposal.questions, [], "{}", proposal.toml);
    let rows = proposal.records as u64;
    assert_eq!(load(csv, &proposal), (rows, rows), "{}", proposal.toml);
    proposal
}

#[test]
fn a_vendor_master() {
    let csv = "Vendor No,Vendor Name,Street,City,Phone,IBAN,VAT ID\n\
        70001,\"Brown, Inc.\",1 Main St,Springfield,+1 555 1001,DE02120300000000202051,DE100000001\n\
        70002,Müller & Söhne,Weg 2,Bonn,0228/12,,\n\
        70001,\"Brown, Inc.\",PO Box 7,Springfield,+1 555 1001,DE89370400440532013000,DE100000001\n";
    let proposal = complete(csv);
    insta::assert_snapshot!(proposal.toml, @r#"
        # Proposed from the first 3 records of "file.csv".
        type = "parties"
        description = "As in file.csv"
        # By the look of the bytes, which are hardly UTF-8 by chance. Right if this
        # reads right: "Müller & Söhne"
        encoding = "utf-8"

        [csv]
        delimiter = ","

        [columns]
        row_id = "@row"
        party_id = "Vendor No"
        party_name = "Vendor Name"
        account = "IBAN"
        address = "Street"
        phone = "Phone"
        tax_id = "VAT ID"
        # Not loaded: "City"

        [defaults]
        # A header says 'Vendor No':
        role = "vendor"

        # The same row again? 1 of 3 in the sample repeats the role and id of an
        # earlier one:
        # [duplicates]
        # policy = "keep"  # or "reject" or "replace"
        "#);
}

#[test]
fn a_vendor_master_of_sap() {
    let csv = "LIFNR|NAME1|STRAS|ORT01|PSTLZ|TELF1|BANKN|STCD1\n\
        0000100001|Firma Eins GmbH|Weg 1|Bonn|53111|0228 1|1001|12/345/00001\n\
        0000100002|Firma Zwei GmbH|Weg 2|Bonn|53111||1002|12/345/00002\n";
    insta::assert_snapshot!(show(&complete(csv)), @r"
        parties sure: its columns speak of 'stras', 'stcd1', 'lifnr', 'telf1'
        LIFNR → party_id | . | sure | 2 of 2 values are there; header says 'LIFNR'
        NAME1 → party_name | . | sure | 2 of 2 values are there; header says 'NAME1'
        STRAS → address | . | sure | 2 of 2 values are there; header says 'STRAS'
        ORT01 →  | . | not loaded | neither its name nor its values tell a field
        PSTLZ →  | . | not loaded | neither its name nor its values tell a field
        TELF1 → phone | . | sure | 1 of 2 values are there; header says 'TELF1'
        BANKN → account | . | sure | 2 of 2 values are there; header says 'BANKN'
        STCD1 → tax_id | . | sure | 2 of 2 values are there; header says 'STCD1'
        ");
}

#[test]
fn employees_are_told_by_their_number() {
    let csv = "Personalnummer;Name;IBAN;Straße;Telefon\n\
        17;Anna;DE02120300000000202051;Weg 1;0228/1\n18;Bo;DE89370400440532013000;Weg 2;\n";
    let proposal = complete(csv);
    assert!(
        proposal.toml.contains("role = \"employee\""),
        "{}",
        proposal.toml
    );
}

#[test]
fn a_role_that_nothing_tells_is_asked() {
    let csv = "ID,Name,Address,Tax ID\n1,Brown,Main St,DE1\n2,Smith,High St,DE2\n";
    let open = propose(&sample(csv), &Answers::default());
    insta::assert_snapshot!(show(&open), @r"
        parties sure: its columns speak of 'tax id', 'address'
        ID → row_id+party_id | . | sure | 2 of 2 values are there once only; header says 'ID'
        Name → party_name | . | sure | 2 of 2 values are there; header says 'Name'
        Address → address | . | sure | 2 of 2 values are there; header says 'Address'
        Tax ID → tax_id | . | sure | 2 of 2 values are there; header says 'Tax ID'
        ? What are the parties? (no column says vendor, employee)
          --role vendor: each row: vendor
          --role employee: each row: employee
        ");
    assert!(Profile::parse(&open.toml).is_err());
    let mut answers = Answers::default();
    answers.give(open.questions[0].choices[0].answer.unwrap());
    let answered = propose(&sample(csv), &answers);
    assert_eq!(answered.questions, []);
    assert_eq!(load(csv, &answered), (2, 2));
}

#[test]
fn a_type_in_other_words_is_not_passed_over() {
    let csv = "Vendor ID,Name,Address,Type\n1,Brown,Main St,Supplier\n2,Smith,High St,Staff\n";
    let open = propose(&sample(csv), &Answers::default());
    insta::assert_snapshot!(show(&open), @r#"
        parties sure: its columns speak of 'address', 'vendor'
        Vendor ID → party_id | . | sure | 2 of 2 values are there; header says 'Vendor ID'
        Name → party_name | . | sure | 2 of 2 values are there; header says 'Name'
        Address → address | . | sure | 2 of 2 values are there; header says 'Address'
        Type →  | . | not loaded | its name says role, but its values, like "Supplier", do not
        ? What are the parties? (no column says vendor, employee)
          --role vendor: each row: vendor
          --role employee: each row: employee
        "#);
}

#[test]
fn holidays_in_two_languages() {
    let english = "Date,Holiday,State\n2024-01-01,New Year's Day,\n12/25/2024,Christmas Day,NY\n";
    let german = "Datum;Feiertag\n01.01.2024;Neujahr\n25.12.2024;1. Weihnachtstag\n";
    for csv in [english, german] {
        let proposal = complete(csv);
        assert!(
            proposal.toml.contains("entry = \"holiday\""),
            "{}",
            proposal.toml
        );
    }
    insta::assert_snapshot!(complete(german).toml, @r#"
        # Proposed from the first 2 records of "file.csv".
        type = "calendars"
        description = "As in file.csv"
        # The sample is plain ASCII, which does not tell the encoding: a load looks at
        # the first bytes of each file.
        encoding = "auto"

        [csv]
        delimiter = ";"

        [columns]
        row_id = "@row"
        date = "Datum"
        name = "Feiertag"

        [date]
        formats = ["%d.%m.%Y"]

        [defaults]
        # A header says 'Feiertag':
        entry = "holiday"

        # The same row again? None of 2 in the sample repeats these fields of an
        # earlier one, as they are written:
        # [duplicates]
        # key = ["date", "name"]
        # policy = "keep"  # or "reject" or "replace"
        "#);
}

#[test]
fn limits_of_approval() {
    let csv = "Approver,Approval Limit,Currency,Valid From\n\
        A. Boss,\"5,000.00\",EUR,2024-01-01\nB. Chief,\"50,000.00\",EUR,2024-01-01\n";
    insta::assert_snapshot!(show(&complete(csv)), @r#"
        calendars likely: its columns speak of 'approval limit'
        Approver → approver | . | sure | 2 of 2 values are there; header says 'Approver'
        Approval Limit → amount | decimals after "." | sure | 2 of 2 values are amounts like 50,000.00; header says 'Approval Limit'; 5,000.00 proves the "." before the decimals
        Currency → currency | . | sure | 2 of 2 values are currency codes; header says 'Currency'
        Valid From → date | %Y-%m-%d | sure | 2 of 2 values are days as %Y-%m-%d; header says 'Valid From'
        "#);
}

#[test]
fn a_calendar_of_many_kinds() {
    let csv = "entry,date,name,amount\nholiday,2024-12-25,Christmas,\nperiod_end,2024-12-31,Q4,\n\
        approval_limit,,clerks,5000.00\n";
    complete(csv);
}

#[test]
fn accounts_without_days_and_amounts_are_no_statement() {
    let csv = "nodeid,isFraud,init_balance\n1,true,500.00\n2,false,700.00\n";
    let open = propose(&sample(csv), &Answers::default());
    insta::assert_snapshot!(show(&open), @r"
        transactions asked: no name of a column tells
        nodeid →  | . | not loaded | neither its name nor its values tell a field
        isFraud →  | . | not loaded | neither its name nor its values tell a field
        init_balance →  | . | not loaded | a balance is what others come to, and no field holds it
        ? What are the rows? (nothing in the file tells one from the other)
          --type transactions: payments and postings
          --type expenses: what employees have spent
          --type bank_statements: what a bank says of an account
          --type parties: vendors or employees, one a row
          --type calendars: holidays, period ends or approval limits
        ");
}

#[test]
fn a_type_that_nothing_tells_is_asked() {
    let csv = "date,amount\n2024-01-31,1.50\n";
    let open = propose(&sample(csv), &Answers::default());
    insta::assert_snapshot!(show(&open), @r#"
        transactions asked: no name of a column tells
        date → date | %Y-%m-%d | sure | 1 of 1 values are days as %Y-%m-%d; header says 'date'
        amount → amount | decimals after "." | sure | 1 of 1 values are amounts like 1.50; header says 'amount'; 1.50 proves the "." before the decimals
        ? What are the rows? (nothing in the file tells one from the other)
          --type transactions: payments and postings
          --type expenses: what employees have spent
          --type bank_statements: what a bank says of an account
        "#);
    assert!(Profile::parse(&open.toml).is_err());
    let mut answers = Answers::default();
    answers.give(open.questions[0].choices[1].answer.unwrap());
    let answered = propose(&sample(csv), &answers);
    assert_eq!(
        (answered.dataset_type, answered.type_sure),
        ("expenses", Sure::Sure)
    );
    assert_eq!(load(csv, &answered), (1, 1));
}

#[test]
fn a_currency_in_the_header_and_rows_without_a_day() {
    let csv = "Invoice Date,Supplier,Total (EUR)\n2024-01-31,ACME,12\n,ACME,13\n";
    let proposal = propose(&sample(csv), &Answers::default());
    insta::assert_snapshot!(show(&proposal), @r#"
        transactions sure: its columns speak of 'supplier', 'invoice'
        Invoice Date → date | %Y-%m-%d | sure | 1 of 1 values are days as %Y-%m-%d; header says 'Invoice Date'; 1 record without it would be rejected
        Supplier → party_name | . | sure | 2 of 2 values are there; header says 'Supplier'
        Total (EUR) → amount | decimals after "." | likely | 2 of 2 values are amounts like 13; header says 'Total (EUR)'; none has a mark
        "#);
    insta::assert_snapshot!(proposal.toml, @r#"
        # Proposed from the first 2 records of "file.csv".
        type = "transactions"
        description = "As in file.csv"
        # The sample is plain ASCII, which does not tell the encoding: a load looks at
        # the first bytes of each file.
        encoding = "auto"

        [csv]
        delimiter = ","

        [columns]
        row_id = "@row"
        date = "Invoice Date"
        # likely: 2 of 2 values are amounts like 13; header says 'Total (EUR)'; none
        # has a mark
        amount = "Total (EUR)"
        party_name = "Supplier"

        [amount]
        # No amount in the sample has a mark. A later 1.234 would be read as 1.2340.
        decimal_mark = "."
        negative = ["leading_minus"]

        [date]
        formats = ["%Y-%m-%d"]

        [defaults]
        # The header says 'Total (EUR)':
        currency = "EUR"
        "#);
    assert_eq!(load(csv, &proposal), (2, 1));
}
