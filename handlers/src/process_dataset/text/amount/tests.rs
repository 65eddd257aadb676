use proptest::prelude::*;

use super::*;

fn plain_style() -> AmountStyle {
    AmountStyle {
        decimal_mark: b'.',
        thousands_marks: Vec::new(),
        grouping: Grouping::Thousands,
        currency_signs: Vec::new(),
        negative: NegativeForms {
            leading_minus: true,
            ..NegativeForms::default()
        },
        exponent: false,
    }
}

fn everything(decimal_mark: u8, thousands_marks: &[&str]) -> AmountStyle {
    AmountStyle {
        decimal_mark,
        thousands_marks: thousands_marks
            .iter()
            .map(|&mark| mark.to_owned())
            .collect(),
        grouping: Grouping::Thousands,
        currency_signs: ["$", "€", "EUR"].map(str::to_owned).to_vec(),
        negative: NegativeForms {
            leading_minus: true,
            trailing_minus: true,
            parentheses: true,
            suffix: Some(NegativeSuffix::Debit),
        },
        exponent: false,
    }
}

fn check(style: &AmountStyle, text: &str, expected: &str) {
    let read = style.read(text.as_bytes());
    assert_eq!(read, Ok(expected.parse().unwrap()), "{text}");
}

fn faulty(style: &AmountStyle, text: &str, fault: AmountFault) {
    assert_eq!(style.read(text.as_bytes()), Err(fault), "{text}");
}

#[test]
fn plain_numbers() {
    for (text, expected) in [
        ("0", "0"),
        ("12.5", "12.5"),
        ("-12.50", "-12.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("-0.00", "0"),
        ("1.23450000000000000000", "1.2345"),
        ("+7.1", "7.1"),
        ("000000000000000000000000012", "12"),
        (" 3 ", "3"),
        ("999999999999999.9999", "999999999999999.9999"),
        ("-999999999999999.9999", "-999999999999999.9999"),
    ] {
        check(&plain_style(), text, expected);
    }
}

#[test]
fn what_is_no_amount() {
    for text in [
        "",
        "-",
        ".",
        "+",
        "--1",
        "-+1",
        "1.2.3",
        "1,000",
        "NaN",
        "inf",
        "-Infinity",
        "1e5",
        "0x1F",
        "12.50-",
        "(12.50)",
        "$1",
        "1 2",
        "1.00001",
        "12.50 DR",
        "Infinity",
        "-inf",
        "1.25E+3",
        "١٢",
        "１２",
        "1２.50",
        "twelve",
        "1_000",
    ] {
        faulty(&plain_style(), text, AmountFault::Unreadable);
    }
    for text in [
        "1000000000000000",
        "-1000000000000000.00",
        "99999999999999999999999999999999999999999999",
    ] {
        faulty(&plain_style(), text, AmountFault::Overflow);
    }
}

#[test]
fn dressed_numbers() {
    let english = everything(b'.', &[",", "'"]);
    for (text, expected) in [
        ("1,234,567.89", "1234567.89"),
        ("$1,234.50", "1234.5"),
        ("-$12.50", "-12.5"),
        ("$-12.50", "-12.5"),
        ("($12.50)", "-12.5"),
        ("$(12.50)", "-12.5"),
        ("12.50-", "-12.5"),
        ("12.50 DR", "-12.5"),
        ("12.50cr", "12.5"),
        ("EUR 1'000", "1000"),
        ("1'000 €", "1000"),
        ("\u{2212}3", "-3"),
    ] {
        check(&english, text, expected);
    }
    faulty(
        &english,
        "$999,999,999,999,999,999,999.00",
        AmountFault::Overflow,
    );
    for text in [
        "12,50",
        "1,23,456",
        "1234,567",
        ",123",
        "1,",
        "1,,000",
        "1,234'567",
        "(-1)",
        "-1-",
        "$$1",
        "$1€",
        "1.5,000",
        "(1",
        "1)",
        "DR",
        "-1 CR",
    ] {
        faulty(&english, text, AmountFault::Unreadable);
    }
}

#[test]
fn european_numbers() {
    let european = everything(b',', &[".", "\u{a0}", "\u{202f}", " "]);
    for (text, expected) in [
        ("1.234,56", "1234.56"),
        ("1\u{a0}234,56", "1234.56"),
        ("1\u{202f}234\u{202f}567", "1234567"),
        ("1 234,5 €", "1234.5"),
        ("-1.000", "-1000"),
        ("12,50", "12.5"),
        ("$1.234,56", "1234.56"),
        ("-$1.234,56", "-1234.56"),
        ("$-1.234,56", "-1234.56"),
        ("($1.234,56)", "-1234.56"),
        ("$1.234,56-", "-1234.56"),
        ("1.234,56 €", "1234.56"),
        ("1.234,56\u{a0}€", "1234.56"),
        ("\u{a0}-1.234,56 EUR", "-1234.56"),
        ("1 234,56", "1234.56"),
        ("$999.999.999.999.999,9999", "999999999999999.9999"),
    ] {
        check(&european, text, expected);
    }
    // With a dot for thousands, 12.50 must not become 1250.
    for text in ["12.50", "1.234.56", "1,234.56"] {
        faulty(&european, text, AmountFault::Unreadable);
    }
}

#[test]
fn swiss_numbers() {
    let swiss = everything(b'.', &["'", "\u{2019}"]);
    for text in ["1'234.56", "1\u{2019}234.56", "EUR 1'234.56", "1234.56"] {
        check(&swiss, text, "1234.56");
    }
    for text in ["1'23", "1'2345", "1'234\u{2019}567", "'234", "1'234'"] {
        faulty(&swiss, text, AmountFault::Unreadable);
    }
}

#[test]
fn indian_numbers() {
    let indian = AmountStyle {
        grouping: Grouping::Indian,
        ..everything(b'.', &[","])
    };
    for (text, expected) in [
        ("12,34,567.89", "1234567.89"),
        ("1,23,45,678", "12345678"),
        ("1,234", "1234"),
        ("-99,999.5", "-99999.5"),
        ("1234567", "1234567"),
    ] {
        check(&indian, text, expected);
    }
    for text in [
        "1,234,567",
        "123,456",
        "1,2,345",
        "12,34",
        "12,345,67",
        ",12,345",
    ] {
        faulty(&indian, text, AmountFault::Unreadable);
    }
}

#[test]
fn exponents_where_the_profile_has_them() {
    let with = |style| AmountStyle {
        exponent: true,
        ..style
    };
    let english = with(everything(b'.', &[","]));
    for (text, expected) in [
        ("1.25E+3", "1250"),
        ("-1.25e3", "-1250"),
        ("($5E-04)", "-0.0005"),
        ("1.2345678E+4", "12345.678"),
        ("1E0 EUR", "1"),
        ("1,250.5", "1250.5"),
    ] {
        check(&english, text, expected);
    }
    check(&with(everything(b',', &["."])), "1,25E+03", "1250");
    faulty(&english, "1E+15", AmountFault::Overflow);
    faulty(&english, "-9.99E+400", AmountFault::Overflow);
    for text in [
        "1E-5",
        "1.23456E+0",
        "E5",
        "1E",
        "1E+",
        "1E1.5",
        "1,250E+3",
        "1E5E5",
        "1e-400",
    ] {
        faulty(&english, text, AmountFault::Unreadable);
    }
}

fn number(text: &str) -> Result<Money, AmountFault> {
    // Marks and signs of the profile are for texts.
    everything(b',', &["."]).read_value(Value::Number(text.as_bytes()))
}

#[test]
fn numbers_are_those_of_json() {
    for (text, expected) in [
        ("1.25e3", "1250"),
        ("-12.50", "-12.5"),
        ("0", "0"),
        ("-0", "0"),
        ("0.0001", "0.0001"),
        ("1.234", "1.234"),
        ("1.23450000000000000000", "1.2345"),
        ("123456789012345E-4", "12345678901.2345"),
        ("999999999999999.9999", "999999999999999.9999"),
        ("0e400", "0"),
    ] {
        assert_eq!(number(text), Ok(expected.parse().unwrap()), "{text}");
    }
    for text in [
        "1e400",
        "-1e400",
        "1e15",
        "1000000000000000",
        "1e999999999999999999999",
    ] {
        assert_eq!(number(text), Err(AmountFault::Overflow), "{text}");
    }
    for text in [
        "", "-", "--1", "+1", "01", "-01", ".5", "5.", "1,5", "1e", "NaN", "Infinity", " 1", "$1",
        "1e-400", "1.00001", "12345e-5", "(1)", "1-", "１",
    ] {
        assert_eq!(number(text), Err(AmountFault::Unreadable), "{text}");
    }
}

#[test]
fn other_values_are_no_amounts() {
    let moment = super::super::super::value::Moment {
        micros: 0,
        utc: true,
    };
    let date = "2010-03-04".parse().unwrap();
    for value in [Value::Missing, Value::Day(date), Value::Moment(moment)] {
        assert_eq!(
            plain_style().read_value(value),
            Err(AmountFault::Unreadable)
        );
    }
    let text = plain_style().read_value(Value::Text(b"12.5"));
    assert_eq!(text, Ok("12.5".parse().unwrap()));
}

proptest! {
    #[test]
    fn numbers_of_money_read_back(value in -9_999_999_999_999_999_999_i128..=9_999_999_999_999_999_999) {
        let money = Money::from_ten_thousandths(value).unwrap();
        prop_assert_eq!(number(&money.to_string()), Ok(money));
        prop_assert_eq!(number(&format!("{value}e-4")), Ok(money));
    }

    #[test]
    fn numbers_are_read_fast_as_they_are_slowly(text in "-?[0-9]{0,12}[.]?[0-9]{0,6}") {
        let slow = Decimal::json(text.as_bytes()).and_then(|number| number.scaled(PLACES));
        prop_assert_eq!(number(&text).ok(), slow.and_then(Money::from_ten_thousandths));
    }

    #[test]
    fn what_money_prints_reads_back(value in -9_999_999_999_999_999_999_i128..=9_999_999_999_999_999_999) {
        let money = Money::from_ten_thousandths(value).unwrap();
        prop_assert_eq!(plain_style().read(money.to_string().as_bytes()), Ok(money));
        let european = money.to_string().replace('.', ",");
        prop_assert_eq!(everything(b',', &["."]).read(european.as_bytes()), Ok(money));
    }

    #[test]
    fn groups_of_three_read_as_without(units in 0_i128..1_000_000_000_000_000) {
        let digits = units.to_string();
        let groups: Vec<&str> =
            digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).unwrap()).collect();
        let read = everything(b'.', &[","]).read(groups.join(",").as_bytes());
        prop_assert_eq!(read, Ok(Money::from_ten_thousandths(units * 10_000).unwrap()));
    }

    #[test]
    fn plain_and_dressed_agree(text in "-?[0-9]{0,12}[.]?[0-9]{0,6}") {
        let style = plain_style();
        if let Some(money) = style.read_plain(text.as_bytes()) {
            prop_assert_eq!(style.read_dressed(text.as_bytes()), Ok(money));
        }
    }

    #[test]
    fn never_panics(text in proptest::collection::vec(any::<u8>(), 0..40)) {
        let _ = everything(b',', &["."]).read(&text);
    }
}
