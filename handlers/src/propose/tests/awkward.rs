//! Files as people and spreadsheets make them.

use super::*;

#[test]
fn a_german_statement_below_its_titles() {
    let csv = "Umsätze Girokonto;;;\nZeitraum:;01.01.2024 - 31.01.2024;;\n\n\
        Buchungstag;Valuta;Auftraggeber/Empfänger;Verwendungszweck;Betrag;Saldo\n\
        02.01.2024;02.01.2024;Stadtwerke;Abschlag;-84,00 €;1.234,56 €\n\
        31.01.2024;01.02.2024;ACME GmbH;Gehalt;2.500,00 €;3.734,56 €\n\
        31.01.2024;01.02.2024;Kiosk;\"Kaffee; schwarz\";-2,50 €;3.732,06 €\n";
    let proposal = proposal(csv);
    insta::assert_snapshot!(show(&proposal), @r#"
        bank_statements sure: its columns speak of 'saldo', 'buchungstag', 'valuta', 'verwendungszweck'
        Buchungstag → date | %d.%m.%Y | sure | 3 of 3 values are days as %d.%m.%Y; header says 'Buchungstag'; 31.01.2024 proves that the day comes first
        Valuta → posted_at | %d.%m.%Y ? | asked | 3 of 3 values are days as %d.%m.%Y; header says 'Valuta'; day and month can be read both ways
        Auftraggeber/Empfänger → party_name | . | sure | 3 of 3 values are there; header says 'Auftraggeber/Empfänger'
        Verwendungszweck → description | . | sure | 3 of 3 values are there; header says 'Verwendungszweck'
        Betrag → amount | decimals after "," | sure | 3 of 3 values are amounts like 2.500,00 €; header says 'Betrag'; -84,00 € proves the "," before the decimals
        Saldo →  | . | not loaded | a balance is what others come to, and no field holds it
        ? Does the day or the month come first in "Valuta"? (every value can be read both ways)
          --dates day-first: the day first: 02.01.2024 is 2024-01-02
          --dates month-first: the month first: 02.01.2024 is 2024-02-01
        "#);
    insta::assert_snapshot!(proposal.toml, @r#"
        # Proposed from the first 3 records of "file.csv".
        # Open: Does the day or the month come first in "Valuta"? (every value can be
        # read both ways)
        type = "bank_statements"
        description = "As in file.csv"
        # By the look of the bytes, which are hardly UTF-8 by chance. Right if this
        # reads right: "Auftraggeber/Empfänger"
        encoding = "utf-8"

        [csv]
        delimiter = ";"
        skip_lines = 3

        [columns]
        row_id = "@row"
        date = "Buchungstag"
        posted_at = "Valuta"
        amount = "Betrag"
        party_name = "Auftraggeber/Empfänger"
        description = "Verwendungszweck"
        # Not loaded: "Saldo"

        [amount]
        decimal_mark = ","
        thousands_marks = ["."]
        currency_signs = ["€"]
        negative = ["leading_minus"]

        [date]
        formats = ["%d.%m.%Y"]

        [posted_at]
        # formats = ["%d.%m.%Y"]  # the day first
        # formats = ["%m.%d.%Y"]  # the month first

        [defaults]
        # The signs of the amounts say so:
        currency = "EUR"

        # The same row again? None of 3 in the sample repeats these fields of an
        # earlier one, as they are written:
        # [duplicates]
        # key = ["date", "amount", "party_name", "description"]
        # policy = "keep"  # or "reject" or "replace"
        "#);
}

#[test]
fn three_styles_of_dates_in_one_column() {
    let csv = "id,date,amount\n1,2024-01-31,1.50\n2,31.01.2024,1.50\n3,31 Jan 2024,1.50\n4,2024-02-01,N/A\n";
    let proposal = proposal(csv);
    insta::assert_snapshot!(show(&proposal), @r#"
        transactions sure: you say so
        id → row_id | . | sure | 4 of 4 values are there once only; header says 'id'
        date → date | %Y-%m-%d, %d %b %Y, %d.%m.%Y | sure | 4 of 4 values are days as %Y-%m-%d, %d %b %Y, %d.%m.%Y; header says 'date'; 31.01.2024 proves that the day comes first
        amount → amount | decimals after "." | sure | 3 of 3 values are amounts like 1.50; header says 'amount'; 1.50 proves the "." before the decimals; 1 record without it would be rejected
        "#);
    assert_eq!(load(csv, &proposal), (4, 3));
}

#[test]
fn accounts_that_became_floats_and_texts_with_control_characters() {
    let csv = "date,amount,payer account,payee account,description\n\
        2024-01-31,\"$1.234,56\",5142124791.0,5.14E+09,a\u{7}b\n\
        2024-01-31,\"$12,00\",5142124792.0,5.2E+09,c\n";
    let proposal = proposal(csv);
    insta::assert_snapshot!(show(&proposal), @r#"
        transactions sure: its columns speak of 'payer', 'payee'
        date → date | %Y-%m-%d | sure | 2 of 2 values are days as %Y-%m-%d; header says 'date'
        amount → amount | decimals after "," | sure | 2 of 2 values are amounts like $1.234,56; header says 'amount'; $1.234,56 proves the "," before the decimals
        payer account → payer_account | whole numbers as floats | sure | 2 of 2 values are there; header says 'payer account'; a spreadsheet has turned them into floats
        payee account → payee_account | whole numbers as floats | sure | 2 of 2 values are there; header says 'payee account'; a spreadsheet has cut them: which number 5.14E+09 was is lost
        description → description | . | sure | 2 of 2 values are there; header says 'description'; control characters are taken out
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
        date = "date"
        amount = "amount"
        payer_account = "payer account"
        payee_account = "payee account"
        description = "description"

        [amount]
        decimal_mark = ","
        thousands_marks = ["."]
        currency_signs = ["$"]
        negative = ["leading_minus"]

        [date]
        formats = ["%Y-%m-%d"]

        [clean]
        integer_floats = ["payer_account", "payee_account"]
        control_characters = "remove"

        # The same row again? None of 2 in the sample repeats these fields of an
        # earlier one, as they are written:
        # [duplicates]
        # key = ["date", "amount", "payee_account", "description"]
        # policy = "keep"  # or "reject" or "replace"
        "#);
}

#[test]
fn without_a_header_the_contents_speak() {
    let csv = "1,2024-01-31,DE02120300000000202051,DE89370400440532013000,12.50,EUR\n\
        2,2024-02-29,DE02120300000000202051,CZ6508000000192000145399,-7.25,USD\n";
    let proposal = proposal(csv);
    insta::assert_snapshot!(show(&proposal), @r#"
        transactions sure: you say so
        1 →  | . | not loaded | neither its name nor its values tell a field
        2 → date | %Y-%m-%d | likely | 2 of 2 values are days as %Y-%m-%d
        3 → payer_account | . | unsure | 2 of 2 values are written as IBANs
        4 → payee_account | . | unsure | 2 of 2 values are written as IBANs
        5 → amount | decimals after "." | likely | 2 of 2 values are amounts like -7.25; 12.50 proves the "." before the decimals
        6 → currency | . | likely | 2 of 2 values are currency codes
        "#);
    assert_eq!(load(csv, &proposal), (2, 2));
}

#[test]
fn names_that_do_not_find_their_column_are_positions() {
    let csv = "Date,Amount,amount ,\n2024-01-31,1.50,EUR,x\n2024-02-29,2.50,EUR,y\n";
    let proposal = proposal(csv);
    assert!(proposal.toml.contains("amount = 2\n"), "{}", proposal.toml);
    assert_eq!(load(csv, &proposal), (2, 2));
}

#[test]
fn objects_of_json_by_their_paths() {
    let json = "{\"id\":\"a\",\"date\":\"2024-01-31T10:00:00Z\",\"amount\":1.234,\"payer\":{\"account\":\"DE1\",\"name\":null},\"tags\":[1]}\n\
        {\"id\":\"b\",\"date\":\"2024-02-29T10:00:00.5Z\",\"amount\":-7,\"payer\":{\"account\":\"DE2\"},\"currency\":\"EUR\"}\n";
    let proposal = proposal(json);
    insta::assert_snapshot!(show(&proposal), @r"
        transactions likely: its columns speak of 'payer'
        id → row_id | . | sure | 2 of 2 values are there once only; header says 'id'
        date → date | %Y-%m-%dT%H:%M:%S%.f%z | sure | 2 of 2 values are days as %Y-%m-%dT%H:%M:%S%.f%z; header says 'date'
        amount → amount | numbers | sure | 2 of 2 values are amounts like 1.234; header says 'amount'
        payer.account → payer_account | . | sure | 2 of 2 values are there; header says 'payer.account'
        payer.name → party_name | . | likely | 0 of 2 values are there; header says 'payer.name'
        tags →  | . | not loaded | it has lists or objects, or is there twice in a record, which no field can have
        currency → currency | . | sure | 1 of 1 values are currency codes; header says 'currency'
        ");
    insta::assert_snapshot!(proposal.toml, @r#"
        # Proposed from the first 2 records of "file.csv".
        type = "transactions"
        description = "As in file.csv"
        format = "jsonl"
        # The sample is plain ASCII, which does not tell the encoding: a load looks at
        # the first bytes of each file.
        encoding = "auto"

        [columns]
        row_id = "id"
        date = "date"
        amount = "amount"
        currency = "currency"
        payer_account = "payer.account"
        # likely: 0 of 2 values are there; header says 'payer.name'
        party_name = "payer.name"
        # Not loaded: "tags"

        [date]
        formats = ["%Y-%m-%dT%H:%M:%S%.f%z"]
        # The days are those as written; or those of a place:
        # zone = "Europe/Berlin"

        # The same row again? None of 2 in the sample repeats these fields of an
        # earlier one, as they are written:
        # [duplicates]
        # key = ["date", "amount", "payer_account"]
        # policy = "keep"  # or "reject" or "replace"
        "#);
    assert!(Profile::parse(&proposal.toml).is_ok());
}

#[test]
fn vendors_and_employees() {
    let csv = "role,id,name,iban,address,phone,tax id\n\
        vendor,V1,Meyer,DE02120300000000202051,\"Weg 1, Bonn\",+49 228 1,DE1\n\
        employee,E1,Anna,DE89370400440532013000,\"Weg 2, Bonn\",,\n";
    insta::assert_snapshot!(show(&proposal(csv)), @r"
        parties sure: its columns speak of 'role', 'tax id', 'address', 'phone'
        role → role | . | sure | 2 of 2 values are one of vendor, employee; header says 'role'
        id → row_id+party_id | . | sure | 2 of 2 values are there once only; header says 'id'
        name → party_name | . | sure | 2 of 2 values are there; header says 'name'
        iban → account | . | sure | 2 of 2 values are written as IBANs; header says 'iban'
        address → address | . | sure | 2 of 2 values are there; header says 'address'
        phone → phone | . | sure | 1 of 2 values are there; header says 'phone'
        tax id → tax_id | . | sure | 1 of 2 values are there; header says 'tax id'
        ");
    let csv = "entry,date,name,amount\nholiday,2024-12-25,Christmas,\nperiod_end,2024-12-31,Q4,\napproval_limit,,clerks,5000.00\n";
    insta::assert_snapshot!(show(&proposal(csv)), @r#"
        calendars sure: its columns speak of 'entry', 'entries of a calendar'
        entry → entry | . | sure | 3 of 3 values are one of holiday, period_end, approval_limit; header says 'entry'
        date → date | %Y-%m-%d | sure | 2 of 2 values are days as %Y-%m-%d; header says 'date'
        name → name | . | sure | 3 of 3 values are there; header says 'name'
        amount → amount | decimals after "." | sure | 1 of 1 values are amounts like 5000.00; header says 'amount'; 5000.00 proves the "." before the decimals
        "#);
}

#[test]
fn what_is_no_table_is_said() {
    let fails = |text: &str| {
        let head = Head::read(text.as_bytes(), sample::SAMPLE_BYTES_MAX);
        let sample = head
            .map_err(SampleError::from)
            .and_then(|head| read_sample(&head, "x"));
        sample
            .map(|sample| sample.rows.len())
            .unwrap_err()
            .to_string()
    };
    let all = [
        "",
        "date,amount\n",
        "[{\"a\":1}]",
        "{\n  \"a\": 1\n}\n",
        "PK\u{3}\u{4}x",
    ]
    .map(fails);
    insta::assert_snapshot!(all.join("\n"), @r"
        the file is empty
        the file has no records to propose a profile from
        the file is one JSON document; JSON Lines has an object on each line, which for a list `jq -c '.[]'` writes
        the file is one JSON document; JSON Lines has an object on each line, which for a list `jq -c '.[]'` writes
        the file is neither CSV nor JSON Lines but looks like a ZIP archive (which an .xlsx workbook is, too): convert it to one of them first
        ");
}

#[test]
fn a_cut_sample_ends_with_a_whole_line() {
    let row = "2024-01-31,12.50\n";
    let csv = format!("date,amount\n{}", row.repeat(1000));
    let head = Head::read(csv.as_bytes(), 500).unwrap();
    assert!(!head.whole);
    let sample = read_sample(&head, "x").unwrap();
    assert_eq!(
        (sample.rows.len(), sample.odd_records),
        ((500 - 12) / row.len(), 0)
    );
}

#[test]
fn times_since_1970_say_so_themselves() {
    let csv = "id,timestamp,amount\n1,1262304000,1.50\n2,1262390400,2.50\n";
    let proposal = proposal(csv);
    insta::assert_snapshot!(show(&proposal), @r#"
        transactions sure: you say so
        id → row_id | . | sure | 2 of 2 values are there once only; header says 'id'
        timestamp → date | steps of a second from 1970-01-01 | likely | 2 of 2 values are whole numbers; no column has dates, and the header says 'timestamp'
        amount → amount | decimals after "." | sure | 2 of 2 values are amounts like 2.50; header says 'amount'; 1.50 proves the "." before the decimals
        "#);
    assert_eq!(load(csv, &proposal), (2, 2));
}

#[test]
fn lakhs_exponents_and_stray_quotes() {
    let csv = "Date,Amount,Description\n2024-01-31,\"12,34,567.50\",\"the \"good\" one\"\n2024-02-01,1.5E+3,x\n";
    let proposal = proposal(csv);
    insta::assert_snapshot!(proposal.toml, @r#"
        # Proposed from the first 2 records of "file.csv".
        type = "transactions"
        description = "As in file.csv"
        # The sample is plain ASCII, which does not tell the encoding: a load looks at
        # the first bytes of each file.
        encoding = "auto"

        [csv]
        delimiter = ","
        stray_quotes = "literal"

        [columns]
        row_id = "@row"
        date = "Date"
        amount = "Amount"
        description = "Description"

        [amount]
        decimal_mark = "."
        thousands_marks = [","]
        grouping = "indian"
        exponent = true
        negative = ["leading_minus"]

        [date]
        formats = ["%Y-%m-%d"]

        # The same row again? None of 2 in the sample repeats these fields of an
        # earlier one, as they are written:
        # [duplicates]
        # key = ["date", "amount", "description"]
        # policy = "keep"  # or "reject" or "replace"
        "#);
    assert_eq!(load(csv, &proposal), (2, 2));
}

#[test]
fn windows_1252_is_not_stated_where_the_sample_is_mixed() {
    let mut csv = b"row_id,date,amount,party_name\nr0,2024-01-31,1.00,caf\xe9\n".to_vec();
    csv.extend_from_slice("r1,2024-01-31,2.00,plain\n".repeat(9).as_bytes());
    let encoding = |csv: &[u8]| {
        let head = Head::read(csv, sample::SAMPLE_BYTES_MAX).unwrap();
        let sample = read_sample(&head, "file.csv").unwrap();
        let proposal = propose(&sample, &transactions());
        let stated = proposal
            .toml
            .lines()
            .find(|line| line.starts_with("encoding"));
        (stated.unwrap().to_owned(), load_bytes(csv, &proposal))
    };
    let stated = "encoding = \"windows-1252\"".to_owned();
    assert_eq!(encoding(&csv), (stated, (10, 10)));
    csv.extend_from_slice("r2,2024-01-31,3.00,Müller\n".as_bytes());
    // The one record that would load as another name is rejected.
    let auto = "encoding = \"auto\"".to_owned();
    assert_eq!(encoding(&csv), (auto, (11, 10)));
}
