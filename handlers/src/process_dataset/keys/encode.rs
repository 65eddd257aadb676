//! A key as bytes, such that different keys have different bytes.

use crate::process_dataset::cell::Cell;

/// Appends one cell: a tag, and then bytes whose number the tag or a length before them tells.
/// `row` stands for the record's own number, which no other row has.
#[inline]
pub(super) fn cell(cell: &Cell<'_>, row: u64, encoded: &mut Vec<u8>) {
    match cell {
        Cell::Null => encoded.push(0),
        Cell::Text(text) => {
            encoded.push(1);
            encoded.extend_from_slice(&(text.len() as u64).to_le_bytes());
            encoded.extend_from_slice(text);
        }
        Cell::Day(day) => tagged(2, day.days_since_2000().to_le_bytes(), encoded),
        Cell::Micros(micros) => tagged(3, micros.to_le_bytes(), encoded),
        Cell::Money(money) => tagged(4, money.ten_thousandths().to_le_bytes(), encoded),
        Cell::Currency(currency) => {
            let mut code = [0; 3];
            for (slot, letter) in code.iter_mut().zip(currency.as_str().bytes()) {
                *slot = letter;
            }
            tagged(5, code, encoded);
        }
        Cell::Ordinal => tagged(6, row.to_le_bytes(), encoded),
    }
}

#[inline]
fn tagged<const N: usize>(tag: u8, bytes: [u8; N], encoded: &mut Vec<u8>) {
    encoded.push(tag);
    encoded.extend_from_slice(&bytes);
}
