//! What stands around the number of an amount: signs and currencies.

use super::{AmountStyle, NegativeSuffix};

/// Takes signs off a number, each kind at most once.
pub(super) struct Dress<'a> {
    style: &'a AmountStyle,
    /// The sign, once one was found.
    negative: Option<bool>,
    currency_seen: bool,
}

impl<'a> Dress<'a> {
    pub(super) fn new(style: &'a AmountStyle) -> Self {
        Self {
            style,
            negative: None,
            currency_seen: false,
        }
    }

    pub(super) fn is_negative(&self) -> bool {
        self.negative == Some(true)
    }

    /// The bare number; `None` where a kind of sign stands twice.
    pub(super) fn take_off<'t>(&mut self, mut text: &'t str) -> Option<&'t str> {
        loop {
            text = text.trim();
            let before = text.len();
            text = self.sign(text)?;
            text = self.currency(text)?;
            if text.len() == before {
                return Some(text);
            }
        }
    }

    /// `None` where a second sign follows the first.
    fn sign<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let forms = self.style.negative;
        let leading = forms
            .leading_minus
            .then(|| text.strip_prefix(['-', '\u{2212}']))
            .flatten();
        let trailing = forms
            .trailing_minus
            .then(|| text.strip_suffix(['-', '\u{2212}']))
            .flatten();
        let inside = text
            .strip_prefix('(')
            .and_then(|text| text.strip_suffix(')'));
        let inside = forms.parentheses.then_some(inside).flatten();
        let found = [
            (leading, true),
            (text.strip_prefix('+'), false),
            (trailing, true),
            (inside, true),
            (
                self.suffix(text, "DR"),
                forms.suffix == Some(NegativeSuffix::Debit),
            ),
            (
                self.suffix(text, "CR"),
                forms.suffix == Some(NegativeSuffix::Credit),
            ),
        ];
        let Some((bare, negative)) = found
            .into_iter()
            .find_map(|(text, sign)| Some((text?, sign)))
        else {
            return Some(text);
        };
        let first = self.negative.replace(negative).is_none();
        first.then_some(bare)
    }

    fn suffix<'t>(&self, text: &'t str, suffix: &str) -> Option<&'t str> {
        self.style.negative.suffix?;
        let (bare, tail) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
        tail.eq_ignore_ascii_case(suffix).then_some(bare)
    }

    /// `None` where a second currency sign follows the first.
    fn currency<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let bare = self.style.currency_signs.iter().find_map(|sign| {
            text.strip_prefix(sign.as_str())
                .or_else(|| text.strip_suffix(sign.as_str()))
        });
        let Some(bare) = bare else { return Some(text) };
        let first = !std::mem::replace(&mut self.currency_seen, true);
        first.then_some(bare)
    }
}
