//! Telling other formats by their first bytes, so that the error can name them.

const FOREIGN: [(&[u8], &str); 11] = [
    (
        b"PK\x03\x04",
        "a ZIP archive (which an .xlsx workbook is, too)",
    ),
    (b"\x1f\x8b", "gzip inside gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\0", "xz"),
    (b"BZh", "bzip2"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"%PDF-", "a PDF"),
    (b"PAR1", "Parquet"),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old Office document (.xls)",
    ),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
];

/// The format that bytes beginning so surely are, where that is not CSV.
pub(in super::super) fn foreign_format(head: &[u8]) -> Option<&'static str> {
    FOREIGN
        .iter()
        .find(|(magic, _)| head.starts_with(magic))
        .map(|(_, what)| *what)
}
