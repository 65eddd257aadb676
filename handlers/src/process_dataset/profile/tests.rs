use super::super::profiles;
use super::super::text::instant::DateStyle;
use super::*;

#[test]
fn shipped_profiles_are_without_mistakes() {
    for name in profiles::names() {
        let profile = Profile::parse(profiles::shipped(name).unwrap());
        let profile = profile.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!profile.description.is_empty(), "{name}");
    }
    assert_eq!(profiles::shipped("no-such"), None);
}

#[test]
fn defaults_are_the_plain_case() {
    let profile = Profile::parse(
        "type = \"expenses\"\n[columns]\nrow_id = \"@row\"\ndate = \" Day \"\namount = 3\n",
    )
    .unwrap();
    assert_eq!(profile.dataset_type, DatasetType::Expenses);
    assert_eq!(profile.csv, CsvStyle::default());
    assert_eq!(profile.columns[&Field::RowId], Source::Ordinal);
    assert_eq!(
        profile.columns[&Field::Date],
        Source::Name("Day".to_owned())
    );
    assert_eq!(profile.columns[&Field::Amount], Source::Position(3));
    assert!(matches!(&profile.date.style, DateStyle::Patterns(patterns) if patterns.len() == 1));
    assert!(profile.date_bounds.contains(&"1900-01-01".parse().unwrap()));
    assert!(!profile.date_bounds.contains(&"2101-01-01".parse().unwrap()));
    assert_eq!(profile.defaults.currency, None);
}

#[test]
fn all_mistakes_are_listed() {
    let error = Profile::parse(
        r#"
type = "receipts"
optional_columns = ["amount", "party_id", "colour"]
[csv]
delimiter = "a"
quote = "é"
header = false
[columns]
row_id = ""
date = "@row"
colour = 1
debit = 0
approver = "Approver"
employee = true
[amount]
decimal_mark = "1"
thousands_marks = ["--", ","]
currency_signs = ["$1"]
negative = ["red", "dr_suffix", "cr_suffix"]
[date]
formats = ["%Q", "%Y"]
min = 2020-01-01
max = "2019-01-01"
[timestamp]
offset = "noon"
steps = { origin = "2020-02-30", unit = "fortnight" }
formats = ["%Y-%m-%d"]
[defaults]
currency = "dollars"
"#,
    )
    .unwrap_err();
    insta::assert_snapshot!(error, @r#"
        profile has 24 mistake(s):
          type: "receipts" is not one of transactions, expenses, bank_statements
          csv.delimiter: "a" should be 1 to 8 bytes, like "," or "||", without line ends, and not all letters or digits
          csv.quote: "é" should be one ASCII character, or "" for none
          columns.approver: "Approver" is a name, but the file has no header (csv.header = false): give a position
          columns.colour: "colour" is not one of row_id, date, timestamp, posted_at, amount, debit, credit, currency, payer_account, payee_account, party_id, party_name, employee, approver, document_number, reference, category, description
          columns.date: only row_id can be "@row"
          columns.debit: 0 is no position; the first column is 1
          columns.employee: boolean should be a column's name, or its position (the first is 1)
          columns.row_id: the name is empty
          columns: debit and credit go together
          optional_columns: amount cannot be optional
          optional_columns: party_id is not among the columns
          optional_columns: "colour" is not one of row_id, date, timestamp, posted_at, amount, debit, credit, currency, payer_account, payee_account, party_id, party_name, employee, approver, document_number, reference, category, description
          amount.decimal_mark: "1" should be one mark, like "."
          amount.thousands_marks: "--" should be one mark, like ",", or a space
          amount.currency_signs: "$1" should be a sign or code, like "$" or "EUR"
          date.formats: "%Q": "%Q" is not known; known are %Y %y %m %b %B %d %e %a %A %H %I %p %M %S %.f %z %%
          date.formats: "%Y": a date needs a year (%Y or %y), a month (%m, %b or %B) and a day (%d or %e), each exactly once
          date.min: 2020-01-01 is after date.max, 2019-01-01
          timestamp: give formats or steps, but not both
          timestamp.steps.origin: "2020-02-30" should be a day, like "2020-01-31"
          timestamp.steps.unit: "fortnight" is not one of microsecond, millisecond, second, hour, day, week, month
          timestamp.offset: "noon" should be an offset from UTC, like "+01:00"
          defaults.currency: "dollars" should be three letters, like "EUR"
        "#);
}

#[test]
fn unknown_keys_and_wrong_types_say_where() {
    let error = Profile::parse("type = \"expenses\"\ncolour = 1\n[columns]\n").unwrap_err();
    let text = error.to_string();
    assert!(text.contains("line 2") && text.contains("colour"), "{text}");
    assert!(matches!(
        Profile::parse("type = 1"),
        Err(ProfileError::Syntax(_))
    ));
    assert!(matches!(Profile::parse("\0"), Err(ProfileError::Syntax(_))));
}
