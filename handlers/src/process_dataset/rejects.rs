//! Encoded rows of the table of rejects.

use nexus_schema::copy::encode::BinaryRows;

use super::chunk::RowScope;
use super::record_source::Record;
use super::reject::RejectReason;

/// Columns of `nexus.dataset_rejects`.
const COLUMNS: i16 = 8;

/// The rejects of one chunk in the making.
pub(super) struct RejectRows {
    row_start: [u8; 38],
    raw_text_bytes_max: usize,
    rows: BinaryRows,
    count: u64,
    text: String,
    spare: Option<Vec<u8>>,
}

impl RejectRows {
    pub(super) fn new(scope: RowScope, raw_text_bytes_max: usize) -> Self {
        Self {
            row_start: scope.encoded(COLUMNS),
            raw_text_bytes_max,
            rows: BinaryRows::new(Vec::new()),
            count: 0,
            text: String::new(),
            spare: None,
        }
    }

    /// Bytes encoded since the last [`take`](Self::take).
    pub(super) fn bytes(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn push<'a>(
        &mut self,
        record: impl Record<'a>,
        row_no: u64,
        reason: RejectReason,
        column: Option<&str>,
    ) {
        record.raw_text(self.raw_text_bytes_max, &mut self.text);
        self.rows.encoded(&self.row_start);
        self.rows.int8(record.line().cast_signed());
        self.rows.int8(row_no.cast_signed());
        match column {
            Some(column) => self.rows.text(column),
            None => self.rows.null(),
        }
        self.rows.text(reason.as_str());
        self.rows.text(&self.text);
        self.count += 1;
    }

    /// Ends the stream and gives it with its number of rows.
    pub(super) fn take(&mut self) -> (Vec<u8>, u64) {
        let next = BinaryRows::new(self.spare.take().unwrap_or_default());
        let rows = std::mem::replace(&mut self.rows, next);
        (rows.finish(), std::mem::take(&mut self.count))
    }

    /// Takes a buffer back.
    pub(super) fn recycle(&mut self, buffer: Vec<u8>) {
        self.spare = Some(buffer);
    }
}
