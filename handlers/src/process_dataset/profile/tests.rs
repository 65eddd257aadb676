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
        profile has 23 mistake(s):
          type: "receipts" is not one of transactions, expenses, bank_statements, parties, calendars
          csv.delimiter: "a" should be 1 to 8 bytes, like "," or "||", without line ends, and not all letters or digits
          csv.quote: "é" should be one ASCII character, or "" for none
          defaults.currency: "dollars" should be three letters, like "EUR"
          columns.approver: "Approver" is a name, but the file has no header (csv.header = false): give a position
          columns.colour: "colour" is not one of row_id, date, timestamp, posted_at, amount, debit, credit, currency, payer_account, payee_account, party_id, party_name, employee, approver, document_number, reference, category, description, role, account, address, phone, tax_id, entry, name
          columns.date: only row_id can be "@row"
          columns.debit: 0 is no position; the first column is 1
          columns.employee: boolean should be a column's name, or its position (the first is 1)
          columns.row_id: the name is empty
          optional_columns: amount is not among the columns
          optional_columns: party_id is not among the columns
          optional_columns: "colour" is not one of row_id, date, timestamp, posted_at, amount, debit, credit, currency, payer_account, payee_account, party_id, party_name, employee, approver, document_number, reference, category, description, role, account, address, phone, tax_id, entry, name
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

#[test]
fn each_type_has_its_own_columns() {
    let mistakes = |toml: &str| match Profile::parse(toml) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    };
    insta::assert_snapshot!(mistakes("type = 'parties'\n[columns]\nparty_id = 'Id'\namount = 'A'\n"), @r#"
    profile has 3 mistake(s):
      columns.amount: "amount" is not one of row_id, role, party_id, party_name, account, address, phone, tax_id
      columns.row_id: missing; "@row" numbers the records
      columns.role: missing; a [defaults] may stand for it
    "#);
    insta::assert_snapshot!(mistakes("type = 'expenses'\n[columns]\nrow_id = '@row'\ndate = 1\ndebit = 2\n[defaults]\nrole = 'vendor'\n"), @"
    profile has 2 mistake(s):
      defaults.role: the dataset's type has no such field
      columns: debit and credit go together
    ");
    insta::assert_snapshot!(mistakes("type = 'calendars'\n[columns]\nrow_id = '@row'\ndate = 'Day'\n[defaults]\nentry = 'feast'\n"), @r#"
    profile has 2 mistake(s):
      defaults.entry: "feast" is not one of holiday, period_end, approval_limit
      columns.entry: missing; a [defaults] may stand for it
    "#);
    insta::assert_snapshot!(mistakes("type = 'parties'\n[columns]\nrow_id = '@row'\nparty_id = 'Id'\n[defaults]\nrole = 'vendor'\n"), @"");
    insta::assert_snapshot!(mistakes("type = 'transactions'\nformat = 'xml'\nencoding = 'ebcdic'\n[columns]\nrow_id = '@row'\ndate = 1\namount = 2\n[parquet]\ndoubles = 'yes'\n[duplicates]\npolicy = 'drop'\nkey = ['row_id', 'party_id', 'date', 'date']\n"), @r#"
    profile has 7 mistake(s):
      format: "xml" is not one of csv, jsonl, parquet
      encoding: "ebcdic" is not one of utf-8, utf-16le, utf-16be, latin-1, windows-1252
      parquet.doubles: "yes" is not one of refuse, shortest
      duplicates.policy: "drop" is not one of keep, reject, replace
      duplicates.key: row_id is "@row", which is never twice
      duplicates.key: party_id is not among the columns
      duplicates.key: date is there twice
    "#);
    insta::assert_snapshot!(mistakes("type = 'transactions'\n[columns]\nrow_id = '@row'\ndate = 1\namount = 2\n[duplicates]\npolicy = 'reject'\n"), @r#"
    profile has 1 mistake(s):
      duplicates.key: a policy needs a key; the row id is none where it is "@row"
    "#);
}

#[test]
fn a_natural_key_is_the_rows_own_unless_stated() {
    let key = |toml: &str| Profile::parse(toml).unwrap().duplicates.key;
    let columns = "[columns]\ndate = 'd'\namount = 'a'\n";
    assert_eq!(
        key(&format!("type = 'transactions'\n{columns}row_id = 'i'\n")),
        [Field::RowId]
    );
    assert_eq!(
        key(&format!(
            "type = 'transactions'\n{columns}row_id = '@row'\n"
        )),
        []
    );
    assert_eq!(
        key(&format!(
            "type = 'transactions'\n{columns}row_id = '@row'\n[duplicates]\nkey = ['date', 'amount']\n"
        )),
        [Field::Date, Field::Amount]
    );
    assert_eq!(
        key("type = 'parties'\n[columns]\nrow_id = '@row'\nrole = 'r'\nparty_id = 'p'\n"),
        [Field::Role, Field::PartyId]
    );
}

#[test]
fn the_guides_example_has_no_mistakes() {
    let guide = include_str!("../../../../docs/guides/profiles.md");
    let example = guide.split("```toml\n").nth(1).unwrap();
    let example = example.split("```").next().unwrap();
    let profile = Profile::parse(example).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(profile.dataset_type, DatasetType::BankStatements);
    assert_eq!(profile.csv.skip_lines, 3);
}
