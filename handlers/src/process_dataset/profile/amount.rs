//! How a profile says amounts are written.

use super::super::text::amount::{AmountStyle, Grouping, NegativeForms, NegativeSuffix};
use super::mistakes::Mistakes;
use super::shape::AmountShape;

pub(super) fn check(shape: &AmountShape, mistakes: &mut Mistakes) -> Option<AmountStyle> {
    let decimal_mark = match *shape.decimal_mark.as_bytes() {
        [b] if b.is_ascii_punctuation() && !b"+-()".contains(&b) => Some(b),
        _ => {
            let what = format!("{:?} should be one mark, like \".\"", shape.decimal_mark);
            mistakes.add("amount.decimal_mark", what);
            None
        }
    };
    for mark in &shape.thousands_marks {
        let mut chars = mark.chars();
        let single = matches!((chars.next(), chars.next()), (Some(c), None)
            if !c.is_alphanumeric() && !"+-()".contains(c));
        if !single {
            let what = format!("{mark:?} should be one mark, like \",\", or a space");
            mistakes.add("amount.thousands_marks", what);
        } else if *mark == shape.decimal_mark {
            mistakes.add(
                "amount.thousands_marks",
                format_args!("{mark:?} is the decimal mark"),
            );
        }
    }
    for sign in &shape.currency_signs {
        let trimmed = sign.trim();
        if trimmed.is_empty() || trimmed.contains(|c: char| c.is_numeric() || "+-()".contains(c)) {
            let what = format!("{sign:?} should be a sign or code, like \"$\" or \"EUR\"");
            mistakes.add("amount.currency_signs", what);
        }
    }
    let grouping = mistakes.named(
        "amount.grouping",
        &shape.grouping,
        &Grouping::ALL,
        Grouping::name,
    );
    Some(AmountStyle {
        decimal_mark: decimal_mark?,
        thousands_marks: shape.thousands_marks.clone(),
        grouping: grouping?,
        currency_signs: shape
            .currency_signs
            .iter()
            .map(|sign| sign.trim().to_owned())
            .collect(),
        negative: negative_forms(&shape.negative, mistakes),
        exponent: shape.exponent,
    })
}

fn negative_forms(names: &[String], mistakes: &mut Mistakes) -> NegativeForms {
    const NAMES: [&str; 5] = [
        "leading_minus",
        "trailing_minus",
        "parentheses",
        "dr_suffix",
        "cr_suffix",
    ];
    let mut forms = NegativeForms::default();
    for name in names {
        match mistakes.named("amount.negative", name, &NAMES, |name| name) {
            Some("leading_minus") => forms.leading_minus = true,
            Some("trailing_minus") => forms.trailing_minus = true,
            Some("parentheses") => forms.parentheses = true,
            Some(suffix @ ("dr_suffix" | "cr_suffix")) => {
                let debit = suffix == "dr_suffix";
                let which = if debit {
                    NegativeSuffix::Debit
                } else {
                    NegativeSuffix::Credit
                };
                if forms
                    .suffix
                    .replace(which)
                    .is_some_and(|before| before != which)
                {
                    let what = "dr_suffix and cr_suffix cannot both be negative";
                    mistakes.add("amount.negative", what);
                }
            }
            _ => {}
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::super::super::value::Value;
    use super::super::Profile;

    fn parsed(amount: &str) -> Result<Profile, String> {
        let toml = format!(
            "type = \"expenses\"\n[columns]\nrow_id = 1\ndate = 2\namount = 3\n[amount]\n{amount}"
        );
        Profile::parse(&toml).map_err(|error| error.to_string())
    }

    #[test]
    fn grouping_and_exponents_are_asked_for() {
        let read = |amount: &str, text: &str| {
            let profile = parsed(amount).unwrap();
            let money = profile.amount.read_value(Value::Text(text.as_bytes()));
            money.ok().map(|money| money.short().to_string())
        };
        let indian = "thousands_marks = [\",\"]\ngrouping = \"indian\"";
        assert_eq!(read(indian, "12,34,567.89").unwrap(), "1234567.89");
        assert_eq!(read("thousands_marks = [\",\"]", "12,34,567.89"), None);
        assert_eq!(read("exponent = true", "1.25E+3").unwrap(), "1250.00");
        assert_eq!(read("", "1.25E+3"), None);
        let european = "decimal_mark = \",\"\nthousands_marks = [\".\"]\ncurrency_signs = [\"$\"]";
        assert_eq!(read(european, "$1.234,56").unwrap(), "1234.56");
        let error = parsed("grouping = \"chinese\"").unwrap_err();
        let wanted = "amount.grouping: \"chinese\" is not one of thousands, indian";
        assert!(error.contains(wanted), "{error}");
    }
}
