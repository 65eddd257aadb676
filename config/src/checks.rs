//! Rules that a setting's type does not carry: ranges, and how settings relate.

use std::fmt::Display;

use crate::secret_url::SecretUrl;
use crate::span::Span;

/// A rule that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The settings that it is about. Of several, the texts name each: any of them may be the one to
    /// correct.
    pub(crate) keys: Vec<&'static str>,
    pub(crate) wrong: String,
    pub(crate) expected: String,
}

/// Gathers the rules that do not hold.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    pub(crate) findings: Vec<Finding>,
}

impl Checks {
    /// Any rule: `holds`, or else `wrong` is reported.
    pub(crate) fn require(
        &mut self,
        holds: bool,
        keys: &[&'static str],
        wrong: impl Display,
        expected: impl Display,
    ) {
        if !holds {
            self.findings.push(Finding {
                keys: keys.to_vec(),
                wrong: wrong.to_string(),
                expected: expected.to_string(),
            });
        }
    }

    /// `value` is `least` or more.
    pub(crate) fn at_least<T: Copy + PartialOrd + Display>(
        &mut self,
        key: &'static str,
        value: T,
        least: T,
    ) {
        let holds = value >= least;
        self.require(
            holds,
            &[key],
            format_args!("{value} is too little"),
            format_args!("{least} or more"),
        );
    }

    /// The span is not zero.
    pub(crate) fn lasting(&mut self, key: &'static str, span: Span) {
        self.require(
            span > Span::ZERO,
            &[key],
            "it is zero",
            "a duration above zero",
        );
    }

    /// The URL is of one of these schemes.
    pub(crate) fn scheme(&mut self, key: &'static str, url: &SecretUrl, schemes: &[&str]) {
        let scheme = url.scheme();
        self.require(
            schemes.contains(&scheme),
            &[key],
            format_args!("its scheme is {scheme}"),
            format_args!("a URL that begins with {}://", schemes.join(":// or ")),
        );
    }

    /// The first value is not above the second.
    pub(crate) fn not_above<T: PartialOrd + Display>(
        &mut self,
        (key, value): (&'static str, T),
        (limit_key, limit): (&'static str, T),
    ) {
        self.require(
            value <= limit,
            &[key, limit_key],
            format_args!("{key} ({value}) is more than {limit_key} ({limit})"),
            format_args!("{key} of at most {limit_key}"),
        );
    }
}
