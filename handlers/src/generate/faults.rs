//! The faults that generated files have, and what each must be rejected for.

use crate::process_dataset::reject::RejectReason;

/// One way to spoil a good line. Columns are counted from 0.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// Something else stands in a column.
    Replace {
        column: usize,
        text: &'static [u8],
        reason: RejectReason,
    },
    /// The line ends before a column.
    CutBefore { column: usize },
}

impl Fault {
    pub(super) fn reason(&self) -> RejectReason {
        match self {
            Self::Replace { reason, .. } => *reason,
            Self::CutBefore { .. } => RejectReason::TooFewColumns,
        }
    }
}

const ROW_ID: usize = 0;
const DATE: usize = 1;
const POSTED_AT: usize = 2;
const AMOUNT: usize = 3;
const CURRENCY: usize = 4;
const PARTY_NAME: usize = 8;
const EMPLOYEE: usize = 9;
const DESCRIPTION: usize = 13;

const fn replace(column: usize, text: &'static [u8], reason: RejectReason) -> Fault {
    Fault::Replace {
        column,
        text,
        reason,
    }
}

/// One after another, over and over.
pub(super) const FAULTS: [Fault; 16] = [
    replace(DATE, b"2025-02-30", RejectReason::BadDate),
    replace(AMOUNT, b"", RejectReason::MissingField),
    replace(CURRENCY, b"E1R", RejectReason::BadCurrency),
    replace(AMOUNT, b"12.3.4", RejectReason::BadAmount),
    Fault::CutBefore { column: EMPLOYEE },
    // Latin-1.
    replace(PARTY_NAME, b"M\xfcller KG", RejectReason::BadEncoding),
    replace(AMOUNT, b"NaN", RejectReason::BadAmount),
    replace(DATE, b"1799-12-31", RejectReason::DateOutOfRange),
    // A comma that should have been quoted.
    replace(
        DESCRIPTION,
        b"parts, and labour",
        RejectReason::TooManyColumns,
    ),
    replace(
        POSTED_AT,
        b"2024-06-31T25:00:00Z",
        RejectReason::BadTimestamp,
    ),
    replace(AMOUNT, b"1000000000000000.00", RejectReason::AmountOverflow),
    replace(ROW_ID, b"", RejectReason::MissingField),
    replace(DESCRIPTION, b"before\0after", RejectReason::NulByte),
    replace(DATE, b"", RejectReason::MissingField),
    // More than four decimals.
    replace(AMOUNT, b"19.99999", RejectReason::BadAmount),
    // Neither month is one.
    replace(DATE, b"13/25/2024", RejectReason::BadDate),
];

#[cfg(test)]
mod tests {
    use super::super::line::COLUMNS;
    use super::*;

    #[test]
    fn columns_are_where_they_are_said_to_be() {
        for (index, name) in [
            (ROW_ID, "row_id"),
            (DATE, "date"),
            (POSTED_AT, "posted_at"),
            (AMOUNT, "amount"),
            (CURRENCY, "currency"),
            (PARTY_NAME, "party_name"),
            (EMPLOYEE, "employee"),
            (DESCRIPTION, "description"),
        ] {
            assert_eq!(COLUMNS[index], name);
        }
    }
}
