use proptest::prelude::*;

use super::*;

fn by(steps: Steps) -> Cleaning {
    Cleaning::new(&[], steps)
}

fn name<'a>(cleaning: &Cleaning, text: &'a str) -> Cow<'a, str> {
    match cleaning.clean(Field::PartyName, text.as_bytes()) {
        Cow::Borrowed(text) => Cow::Borrowed(std::str::from_utf8(text).unwrap()),
        Cow::Owned(text) => Cow::Owned(String::from_utf8(text).unwrap()),
    }
}

fn everything() -> Steps {
    Steps {
        control_characters: ControlCharacters::Space,
        collapse_spaces: true,
        strip_quotes: true,
    }
}

#[test]
fn nothing_is_done_unasked() {
    let idle = Cleaning::default();
    assert!(idle.is_idle());
    for text in ["", " \"A\u{7}  B\" ", "5142124791.0"] {
        assert!(matches!(name(&idle, text), Cow::Borrowed(same) if same == text));
    }
    assert!(!by(everything()).is_idle());
    assert!(!Cleaning::new(&[Field::PayerAccount], Steps::default()).is_idle());
}

#[test]
fn control_characters_become_spaces_or_go() {
    let by = |control_characters| {
        by(Steps {
            control_characters,
            ..Steps::default()
        })
    };
    let (space, remove) = (by(ControlCharacters::Space), by(ControlCharacters::Remove));
    for (text, spaced, removed) in [
        ("AC\u{7}ME", "AC ME", "ACME"),
        ("ACME\r\nCorp\tInc", "ACME  Corp Inc", "ACMECorpInc"),
        ("\u{1b}[1mACME\u{7f}", "[1mACME", "[1mACME"),
        ("caf\u{85}é\u{9f}", "caf é", "café"),
        ("a\u{a0}b", "a\u{a0}b", "a\u{a0}b"),
        ("\u{1}\u{2}", "", ""),
    ] {
        assert_eq!(name(&space, text), spaced, "{text:?}");
        assert_eq!(name(&remove, text), removed, "{text:?}");
    }
}

#[test]
fn runs_of_white_space_become_one() {
    let cleaning = by(Steps {
        collapse_spaces: true,
        ..Steps::default()
    });
    for (text, expected) in [
        ("ACME   Corp", "ACME Corp"),
        ("\u{a0}ACME\u{a0}\u{2003}\t\n Corp ", "ACME Corp"),
        ("a\u{3000}b", "a b"),
        ("ACME Corp", "ACME Corp"),
        (" \u{a0} ", ""),
    ] {
        assert_eq!(name(&cleaning, text), expected, "{text:?}");
    }
    assert!(matches!(name(&cleaning, "ACME Corp"), Cow::Borrowed(_)));
}

#[test]
fn one_pair_of_quotes_goes() {
    let cleaning = by(Steps {
        strip_quotes: true,
        ..Steps::default()
    });
    for (text, expected) in [
        ("\"ACME Corp\"", "ACME Corp"),
        ("'ACME'", "ACME"),
        ("“ACME”", "ACME"),
        ("„ACME“", "ACME"),
        ("„ACME”", "ACME"),
        ("« ACME »", "ACME"),
        ("»ACME«", "ACME"),
        ("‘O'Brien’", "O'Brien"),
        ("\"'ACME'\"", "'ACME'"),
        ("\"\"", ""),
        // No pair around the whole.
        ("\"ACME", "\"ACME"),
        ("ACME\"", "ACME\""),
        ("\"ACME'", "\"ACME'"),
        ("ACME \"Best\"", "ACME \"Best\""),
        ("\"A\" and \"B\"", "\"A\" and \"B\""),
        ("“A” and “B”", "“A” and “B”"),
        ("\"", "\""),
        ("O'Brien", "O'Brien"),
    ] {
        let clean = name(&cleaning, text);
        assert_eq!(clean, expected, "{text}");
        assert!(matches!(clean, Cow::Borrowed(_)), "{text}");
    }
}

#[test]
fn damaged_names() {
    let cleaning = by(everything());
    for (text, expected) in [
        ("\"ACME\u{7}  Corp\"\r\n", "ACME Corp"),
        ("\u{1}“Müller \t& Söhne”", "Müller & Söhne"),
        ("\t'\u{a0}Dunder\u{0b}Mifflin '", "Dunder Mifflin"),
        ("\"\u{2} \"", ""),
        ("ACME Corp", "ACME Corp"),
    ] {
        assert_eq!(name(&cleaning, text), expected, "{text:?}");
    }
}

fn account(text: &str) -> String {
    let cleaning = Cleaning::new(&[Field::PayerAccount], Steps::default());
    let clean = cleaning.clean(Field::PayerAccount, text.as_bytes());
    String::from_utf8(clean.into_owned()).unwrap()
}

#[test]
fn floats_become_the_digits_that_they_were() {
    for (text, digits) in [
        ("5142124791.0", "5142124791"),
        ("5142124791.000", "5142124791"),
        ("5.142124791E9", "5142124791"),
        ("5.142124791E+09", "5142124791"),
        ("5.142124791e+09", "5142124791"),
        ("5.14212479100E+09", "5142124791"),
        ("5.14212E9", "5142120000"),
        ("1E5", "100000"),
        ("0.0", "0"),
        ("-0.0", "0"),
        ("-5142124791.0", "-5142124791"),
        ("12345678901234567890.0", "12345678901234567890"),
        ("1.00000000000001E14", "100000000000001"),
    ] {
        assert_eq!(account(text), digits, "{text}");
    }
}

#[test]
fn other_texts_stay_and_no_digits_are_made_up() {
    for text in [
        "5142124791",
        "0051421",
        "5142124791.5",
        "5.1421247915E9",
        "5.14212E+09",
        "1.5E15",
        "9E400",
        "1E99999999999999999999",
        "51421247910E-1",
        "007.0",
        "5142124791.",
        ".0",
        "5,142,124,791.0",
        "5142124791,0",
        "DE89.0",
        "E5",
        "NaN",
        "1.2.0",
        "",
    ] {
        assert_eq!(account(text), text);
    }
    // Other fields are not asked for.
    let cleaning = Cleaning::new(&[Field::PayerAccount], Steps::default());
    assert_eq!(&*cleaning.clean(Field::PayeeAccount, b"5.0"), b"5.0");
    // A quoted one is, once the quotes are off.
    let both = Cleaning::new(&[Field::PayerAccount], everything());
    assert_eq!(&*both.clean(Field::PayerAccount, b"\"5.0\""), b"5");
}

#[test]
fn every_field_has_its_place() {
    for (index, field) in Field::ALL.into_iter().enumerate() {
        assert_eq!(field as usize, index, "{}", field.name());
    }
}

proptest! {
    #[test]
    fn digits_survive_a_float(number in 0_u64..=999_999_999_999_999) {
        #[expect(clippy::cast_precision_loss, reason = "up to 15 digits a float is exact")]
        let float = number as f64;
        prop_assert_eq!(account(&format!("{float:.1}")), number.to_string());
        prop_assert_eq!(account(&format!("{float:e}")), number.to_string());
        prop_assert_eq!(account(&format!("{float:E}")), number.to_string());
    }

    #[test]
    fn what_was_cleaned_is_clean(text in "[ -~\u{0}-\u{1f}\u{80}-\u{a0}“”„«»é]{0,20}") {
        let cleaning = by(everything());
        let clean = name(&cleaning, &text).into_owned();
        prop_assert!(!clean.contains(char::is_control), "{:?}", clean);
        prop_assert!(!clean.contains("  ") && clean.trim() == clean, "{:?}", clean);
        let spaces = by(Steps { strip_quotes: false, ..everything() });
        let once = name(&spaces, &text).into_owned();
        prop_assert_eq!(name(&spaces, &once), once.clone());
    }

    #[test]
    fn never_panics(text in proptest::collection::vec(any::<u8>(), 0..30)) {
        let cleaning = Cleaning::new(&Field::ALL, everything());
        let _ = cleaning.clean(Field::PayerAccount, &text);
    }
}
