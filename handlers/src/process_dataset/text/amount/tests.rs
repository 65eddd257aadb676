use proptest::prelude::*;

use super::*;

fn plain() -> AmountStyle {
    AmountStyle {
        decimal_mark: b'.',
        thousands_marks: Vec::new(),
        currency_signs: Vec::new(),
        negative: NegativeForms {
            leading_minus: true,
            ..NegativeForms::default()
        },
    }
}

fn everything(decimal_mark: u8, thousands_marks: &[&str]) -> AmountStyle {
    AmountStyle {
        decimal_mark,
        thousands_marks: thousands_marks
            .iter()
            .map(|&mark| mark.to_owned())
            .collect(),
        currency_signs: ["$", "€", "EUR"].map(str::to_owned).to_vec(),
        negative: NegativeForms {
            leading_minus: true,
            trailing_minus: true,
            parentheses: true,
            suffix: Some(NegativeSuffix::Debit),
        },
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
        check(&plain(), text, expected);
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
        "١٢",
        "twelve",
        "1_000",
    ] {
        faulty(&plain(), text, AmountFault::Unreadable);
    }
    for text in [
        "1000000000000000",
        "-1000000000000000.00",
        "99999999999999999999999999999999999999999999",
    ] {
        faulty(&plain(), text, AmountFault::Overflow);
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
    ] {
        check(&european, text, expected);
    }
    // With a dot for thousands, 12.50 must not become 1250.
    for text in ["12.50", "1.234.56", "1,234.56"] {
        faulty(&european, text, AmountFault::Unreadable);
    }
}

proptest! {
    #[test]
    fn what_money_prints_reads_back(value in -9_999_999_999_999_999_999_i128..=9_999_999_999_999_999_999) {
        let money = Money::from_ten_thousandths(value).unwrap();
        prop_assert_eq!(plain().read(money.to_string().as_bytes()), Ok(money));
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
        let style = plain();
        if let Some(money) = style.read_plain(text.as_bytes()) {
            prop_assert_eq!(style.read_dressed(text.as_bytes()), Ok(money));
        }
    }

    #[test]
    fn never_panics(text in proptest::collection::vec(any::<u8>(), 0..40)) {
        let _ = everything(b',', &["."]).read(&text);
    }
}
