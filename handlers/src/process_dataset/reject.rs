//! Records that are not loaded: why, and what of them is kept.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a record was rejected. The codes are stable: stored, counted, shown and filtered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// A row id, date or amount says nothing.
    MissingField,
    /// Not a date as the profile writes them, or a day that the calendar lacks.
    BadDate,
    /// A date outside the profile's plausible ones.
    DateOutOfRange,
    /// Not an amount as the profile writes them, or one with more than four decimals; also a
    /// debit and a credit in the same record.
    BadAmount,
    /// An amount that `numeric(19,4)` cannot hold.
    AmountOverflow,
    /// A timestamp or posting time that is none.
    BadTimestamp,
    /// A currency that is not three letters.
    BadCurrency,
    /// A field that is not UTF-8.
    BadEncoding,
    /// A field with a NUL byte, which Postgres cannot hold.
    NulByte,
    /// Fewer fields than the header has.
    TooFewColumns,
    /// More fields than the header has: most often a delimiter that should have been quoted.
    TooManyColumns,
    /// A line longer than the bound.
    LineTooLong,
    /// A quote that is not closed before the record outgrows the bound or the file ends.
    UnclosedQuote,
    /// A line of JSON Lines that is not one JSON object.
    BadJson,
    /// An object, a list or a group where one value is due.
    NotScalar,
    /// A key that stands twice in one JSON object: which of them is meant?
    RepeatedField,
    /// A word that is none of those that the column may hold.
    UnknownValue,
    /// The natural key of an earlier row, where the profile rejects such rows.
    DuplicateKey,
}

impl RejectReason {
    /// Every reason.
    pub const ALL: [Self; 18] = [
        Self::MissingField,
        Self::BadDate,
        Self::DateOutOfRange,
        Self::BadAmount,
        Self::AmountOverflow,
        Self::BadTimestamp,
        Self::BadCurrency,
        Self::BadEncoding,
        Self::NulByte,
        Self::TooFewColumns,
        Self::TooManyColumns,
        Self::LineTooLong,
        Self::UnclosedQuote,
        Self::BadJson,
        Self::NotScalar,
        Self::RepeatedField,
        Self::UnknownValue,
        Self::DuplicateKey,
    ];

    /// The stable code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingField => "missing_field",
            Self::BadDate => "bad_date",
            Self::DateOutOfRange => "date_out_of_range",
            Self::BadAmount => "bad_amount",
            Self::AmountOverflow => "amount_overflow",
            Self::BadTimestamp => "bad_timestamp",
            Self::BadCurrency => "bad_currency",
            Self::BadEncoding => "bad_encoding",
            Self::NulByte => "nul_byte",
            Self::TooFewColumns => "too_few_columns",
            Self::TooManyColumns => "too_many_columns",
            Self::LineTooLong => "line_too_long",
            Self::UnclosedQuote => "unclosed_quote",
            Self::BadJson => "bad_json",
            Self::NotScalar => "not_scalar",
            Self::RepeatedField => "repeated_field",
            Self::UnknownValue => "unknown_value",
            Self::DuplicateKey => "duplicate_key",
        }
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What is wrong with a record. One record has one fault: the first found, looking at its shape,
/// its bytes, and then its fields in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) reason: RejectReason,
    /// The column at fault, counted from 0; `None` where it is the whole record.
    pub(super) column: Option<usize>,
}

impl Fault {
    pub(super) fn record(reason: RejectReason) -> Self {
        Self {
            reason,
            column: None,
        }
    }

    pub(super) fn field(reason: RejectReason, column: usize) -> Self {
        Self {
            reason,
            column: Some(column),
        }
    }
}

/// Stands at the end of a text that was cut.
const CUT_MARK: &str = "…";

/// Writes bytes as text that Postgres can hold: NUL and bytes that are no UTF-8 become `\x00` and
/// the like, everything else stands as it is, a backslash too. At most `bytes_max` bytes and then
/// `…` where more would follow.
pub(super) fn raw_text(bytes: &[u8], bytes_max: usize, text: &mut String) {
    use fmt::Write as _;
    text.clear();
    // Escapes only make it longer, so what is beyond the bound now stays beyond it.
    let head = &bytes[..bytes.len().min(bytes_max + 4)];
    for chunk in head.utf8_chunks() {
        for (index, part) in chunk.valid().split('\0').enumerate() {
            text.push_str(if index > 0 { "\\x00" } else { "" });
            text.push_str(part);
        }
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    if text.len() > bytes_max {
        text.truncate(text.floor_char_boundary(bytes_max));
        text.push_str(CUT_MARK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(bytes: &[u8], bytes_max: usize) -> String {
        let mut text = "left over".to_owned();
        raw_text(bytes, bytes_max, &mut text);
        text
    }

    #[test]
    fn raw_text_is_valid_bounded_and_readable() {
        assert_eq!(raw(b"plain \\ text", 100), "plain \\ text");
        assert_eq!(raw(b"a\0b\xff\xfec", 100), "a\\x00b\\xff\\xfec");
        assert_eq!(raw("é".as_bytes(), 2), "é");
        assert_eq!(raw("éé".as_bytes(), 3), "é…");
        assert_eq!(raw(b"abcdef", 3), "abc…");
        assert_eq!(raw(b"\0\0", 4), "\\x00…");
        // A character that the bound cuts in two is left out, not shown as bytes.
        assert_eq!(raw("abcé".as_bytes(), 4), "abc…");
        assert_eq!(raw("ab𝄞x".as_bytes(), 2), "ab…");
    }

    #[test]
    fn codes_are_those_of_serde() {
        for reason in RejectReason::ALL {
            let json = serde_json::to_string(&reason).unwrap();
            assert_eq!(json, format!("\"{reason}\""));
        }
    }
}
