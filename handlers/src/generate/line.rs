//! Transactions as lines of CSV, into one buffer, without an allocation.

use super::Fault;
use super::transaction::{POSTING_DAYS, Transaction, day_text};
use super::world::{CATEGORIES, CURRENCIES, OWN_ACCOUNTS, PURPOSES, World};

/// The columns, in order.
pub(super) const COLUMNS: [&str; 14] = [
    "row_id",
    "date",
    "posted_at",
    "amount",
    "currency",
    "payer_account",
    "payee_account",
    "party_id",
    "party_name",
    "employee",
    "approver",
    "document_number",
    "category",
    "description",
];

/// Lines in the making.
pub(super) struct Line {
    buffer: Vec<u8>,
    days: Vec<[u8; 10]>,
    /// Where the last line, and each of its columns, begins and where the last one ends.
    starts: [usize; COLUMNS.len() + 1],
    column: usize,
}

impl Line {
    pub(super) fn new(bytes: usize) -> Self {
        Self {
            buffer: Vec::with_capacity(bytes + bytes / 4),
            days: (0..POSTING_DAYS).map(day_text).collect(),
            starts: [0; COLUMNS.len() + 1],
            column: 0,
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer
    }

    pub(super) fn clear(&mut self) {
        self.buffer.clear();
    }

    pub(super) fn header(&mut self) {
        self.buffer.extend_from_slice(COLUMNS.join(",").as_bytes());
        self.buffer.push(b'\n');
    }

    #[inline]
    pub(super) fn write(&mut self, transaction: &Transaction, world: &World, row_no: u64) {
        let party = &world.parties[transaction.party];
        self.starts[0] = self.buffer.len();
        self.column = 0;
        self.text(b"T");
        self.number(row_no, 9);
        self.end_column();
        self.day(transaction.day);
        self.end_column();
        self.moment(transaction.posted_day, transaction.posted_second);
        self.end_column();
        self.cents(transaction.cents);
        self.end_column();
        self.column(CURRENCIES[transaction.currency]);
        let own = OWN_ACCOUNTS[transaction.currency];
        let incoming = transaction.cents < 0;
        self.column(if incoming { &party.account } else { own });
        self.column(if incoming { own } else { &party.account });
        self.column(&party.id);
        self.column(&party.name);
        self.text(b"E");
        self.number(transaction.employee as u64 + 1, 4);
        self.end_column();
        if let Some(approver) = transaction.approver {
            self.text(b"A");
            self.number(approver as u64 + 1, 3);
        }
        self.end_column();
        self.text(b"INV-");
        self.number(transaction.document, 8);
        self.end_column();
        self.column(CATEGORIES[party.category]);
        self.text(PURPOSES[transaction.purpose].as_bytes());
        self.starts[COLUMNS.len()] = self.buffer.len() + 1;
        self.text(b"\n");
    }

    /// Makes the last line faulty.
    #[cold]
    pub(super) fn spoil(&mut self, fault: &Fault) {
        match *fault {
            Fault::Replace { column, text, .. } => {
                let range = self.starts[column]..self.starts[column + 1] - 1;
                self.buffer.splice(range, text.iter().copied());
            }
            Fault::CutBefore { column } => {
                self.buffer.truncate(self.starts[column] - 1);
                self.buffer.push(b'\n');
            }
        }
    }

    #[inline]
    fn text(&mut self, text: &[u8]) {
        self.buffer.extend_from_slice(text);
    }

    #[inline]
    fn column(&mut self, text: &str) {
        self.text(text.as_bytes());
        self.end_column();
    }

    #[inline]
    fn end_column(&mut self) {
        self.buffer.push(b',');
        self.column += 1;
        self.starts[self.column] = self.buffer.len();
    }

    /// At least `width` digits, with zeros in front.
    #[inline]
    fn number(&mut self, mut number: u64, width: usize) {
        let mut digits = [b'0'; 20];
        let mut start = digits.len();
        while number > 0 && start > 0 {
            start -= 1;
            digits[start] = b'0' + u8::try_from(number % 10).unwrap_or(0);
            number /= 10;
        }
        let start = start.min(digits.len() - width);
        self.buffer.extend_from_slice(&digits[start..]);
    }

    #[inline]
    fn cents(&mut self, cents: i64) {
        if cents < 0 {
            self.text(b"-");
        }
        let cents = cents.unsigned_abs();
        self.number(cents / 100, 1);
        self.text(b".");
        self.number(cents % 100, 2);
    }

    #[inline]
    fn day(&mut self, day: usize) {
        let text = self.days[day.min(POSTING_DAYS - 1)];
        self.buffer.extend_from_slice(&text);
    }

    #[inline]
    fn moment(&mut self, day: usize, second: u64) {
        self.day(day);
        let mut text = *b"T00:00:00Z";
        for (index, part) in [(1, second / 3600), (4, second / 60 % 60), (7, second % 60)] {
            text[index] += u8::try_from(part / 10).unwrap_or(0);
            text[index + 1] += u8::try_from(part % 10).unwrap_or(0);
        }
        self.buffer.extend_from_slice(&text);
    }
}
