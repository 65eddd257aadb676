//! Rows in the binary format of `COPY … FROM STDIN (FORMAT binary)`.
//!
//! A stream is a header, rows, a trailer. A row is its number of fields, then each field as a
//! 32-bit length and the value in the type's own binary form, all big-endian; a null is the
//! length -1 alone. Nothing here allocates but the growth of the one buffer, which callers hand
//! in and get back, so that it can be used again.

use crate::money::{Money, NumericWire};

/// Signature, flags (none) and length of the header extension (none).
pub const HEADER: [u8; 19] = *b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// A field count of -1 ends the stream.
pub const TRAILER: [u8; 2] = [0xff, 0xff];

const NULL: [u8; 4] = (-1_i32).to_be_bytes();

/// One complete binary COPY stream in the making.
///
/// The caller is responsible for writing, after each [`row`](Self::row), as many fields as it
/// announced and of the table's types; Postgres refuses the whole stream otherwise.
#[derive(Debug)]
pub struct BinaryRows {
    buffer: Vec<u8>,
}

impl BinaryRows {
    /// Starts a stream in `buffer`, whose contents are dropped and whose capacity is kept.
    pub fn new(mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        buffer.extend_from_slice(&HEADER);
        Self { buffer }
    }

    /// Bytes so far, header included.
    #[inline]
    pub fn len(&self) -> usize {
        self.buffer.len()
    }

    /// No row has been written.
    pub fn is_empty(&self) -> bool {
        self.buffer.len() <= HEADER.len()
    }

    /// Makes room for `additional` more bytes at once.
    #[inline]
    pub fn reserve(&mut self, additional: usize) {
        self.buffer.reserve(additional);
    }

    /// Begins a row of so many fields.
    #[inline]
    pub fn row(&mut self, fields: i16) {
        self.buffer.extend_from_slice(&fields.to_be_bytes());
    }

    /// Appends bytes that are already in this format: a row's beginning that many rows share.
    #[inline]
    pub fn encoded(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// A null of any type.
    #[inline]
    pub fn null(&mut self) {
        self.buffer.extend_from_slice(&NULL);
    }

    /// An `int4`.
    #[inline]
    pub fn int4(&mut self, value: i32) {
        self.fixed(value.to_be_bytes());
    }

    /// An `int8`.
    #[inline]
    pub fn int8(&mut self, value: i64) {
        self.buffer.extend_from_slice(&int8_field(value));
    }

    /// A `text`: UTF-8 without NUL, which Postgres checks and the caller should have.
    ///
    /// A text beyond `i32::MAX` bytes spoils the stream, which Postgres then refuses; its own
    /// limit for a field is half of that.
    #[inline]
    pub fn text(&mut self, value: impl AsRef<[u8]>) {
        let value = value.as_ref();
        let len = i32::try_from(value.len()).unwrap_or(i32::MAX);
        self.buffer.reserve(4 + value.len());
        self.buffer.extend_from_slice(&len.to_be_bytes());
        self.buffer.extend_from_slice(value);
    }

    /// A `date`, in days since 2000-01-01.
    #[inline]
    pub fn date(&mut self, days: i32) {
        self.int4(days);
    }

    /// A `timestamptz`, in microseconds since 2000-01-01 00:00 UTC.
    #[inline]
    pub fn timestamptz(&mut self, micros: i64) {
        self.int8(micros);
    }

    /// A `numeric` with four decimals.
    #[inline]
    pub fn money(&mut self, money: Money) {
        self.text(NumericWire::from(money).as_bytes());
    }

    /// Ends the stream and gives its bytes.
    pub fn finish(mut self) -> Vec<u8> {
        self.buffer.extend_from_slice(&TRAILER);
        self.buffer
    }

    #[inline]
    fn fixed(&mut self, value: [u8; 4]) {
        let mut field = [0, 0, 0, 4, 0, 0, 0, 0];
        field[4..].copy_from_slice(&value);
        self.buffer.extend_from_slice(&field);
    }
}

/// An `int8` field with its length, for a row's beginning that many rows share.
#[inline]
pub fn int8_field(value: i64) -> [u8; 12] {
    let mut field = [0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0];
    field[4..].copy_from_slice(&value.to_be_bytes());
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stream_is_what_the_server_expects() {
        let mut rows = BinaryRows::new(vec![1, 2, 3]);
        assert!(rows.is_empty());
        rows.row(7);
        rows.int8(-2);
        rows.int4(258);
        rows.text("né");
        rows.null();
        rows.date(-1);
        rows.timestamptz(1);
        rows.money("12.5".parse().unwrap());
        assert!(!rows.is_empty());
        let bytes = rows.finish();
        let mut expected = Vec::new();
        expected.extend_from_slice(b"PGCOPY\n\xff\r\n\0");
        expected.extend_from_slice(&[0; 8]);
        expected.extend_from_slice(&[0, 7]);
        expected.extend_from_slice(&[0, 0, 0, 8, 255, 255, 255, 255, 255, 255, 255, 254]);
        expected.extend_from_slice(&[0, 0, 0, 4, 0, 0, 1, 2]);
        expected.extend_from_slice(&[0, 0, 0, 3, b'n', 0xc3, 0xa9]);
        expected.extend_from_slice(&[255; 4]);
        expected.extend_from_slice(&[0, 0, 0, 4, 255, 255, 255, 255]);
        expected.extend_from_slice(&[0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1]);
        expected.extend_from_slice(&[0, 0, 0, 12, 0, 2, 0, 0, 0, 0, 0, 4, 0, 12, 0x13, 0x88]);
        expected.extend_from_slice(&[255, 255]);
        assert_eq!(bytes, expected);
    }

    #[test]
    fn buffer_keeps_its_capacity() {
        let buffer = BinaryRows::new(Vec::with_capacity(4096)).finish();
        assert!(BinaryRows::new(buffer).finish().capacity() >= 4096);
    }
}
