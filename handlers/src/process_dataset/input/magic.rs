//! Telling other formats by their first bytes, so that the error can name them.

/// Where in the file, which bytes, and what has them there.
const FOREIGN: [(usize, &[u8], &str); 23] = [
    (
        0,
        b"PK\x03\x04",
        "a ZIP archive (which an .xlsx workbook is, too)",
    ),
    (0, b"\x1f\x8b", "gzip"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (0, b"\xfd7zXZ\0", "xz"),
    (0, b"\x04\x22\x4d\x18", "lz4"),
    (0, b"\x1f\x9d", "a file of compress (.Z)"),
    (4, b"1AY&SY", "bzip2"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"%PDF-", "a PDF"),
    (0, b"Obj\x01", "Avro"),
    (0, b"ARROW1\0\0", "an Arrow file"),
    (0, b"SQLite format 3\0", "an SQLite database"),
    (
        0,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old Office document (.xls)",
    ),
    (0, b"{\\rtf", "an RTF document"),
    (0, b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (0, b"\x7fELF", "a program"),
    (0, b"\xff\xfe\0\0", "UTF-32 text"),
    (0, b"\0\0\xfe\xff", "UTF-32 text"),
    (0, b"<?xml", "XML"),
    (0, b"<html", "a web page"),
    (0, b"<!doctype html", "a web page"),
];

const PARQUET: &[u8] = b"PAR1";

/// The format that bytes beginning so surely are, where that is neither CSV nor JSON Lines.
pub(super) fn foreign_format(head: &[u8]) -> Option<&'static str> {
    if is_parquet(head) {
        return Some("Parquet");
    }
    let begins = |at: usize, magic: &[u8]| {
        head.get(at..at + magic.len())
            .is_some_and(|bytes| bytes.eq_ignore_ascii_case(magic))
    };
    FOREIGN
        .iter()
        .find(|(at, magic, _)| begins(*at, magic))
        .map(|(_, _, what)| *what)
}

/// Whether a file that begins so, uncompressed, is Parquet. A CSV may begin with a column that is
/// called PAR1; behind Parquet's mark follow structures in Thrift, which begin with a control byte.
pub fn is_parquet(head: &[u8]) -> bool {
    let Some(behind) = head.strip_prefix(PARQUET) else {
        return false;
    };
    match behind.first() {
        Some(byte) => byte.is_ascii_control() && !byte.is_ascii_whitespace(),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_and_text_is_not_one_of_them() {
        assert_eq!(foreign_format(b"BZh91AY&SY\x12"), Some("bzip2"));
        assert_eq!(foreign_format(b"<!DOCTYPE HTML>"), Some("a web page"));
        let tar = [b"a.csv".as_slice(), &[0; 252], b"ustar\0"].concat();
        assert_eq!(foreign_format(&tar), Some("a tar archive"));
        for text in [
            "BZh,1\n",
            "PAR1,b\n",
            "PAR1\n",
            "{\"a\":1}\n",
            "<1>,2\n",
            "P",
            "",
        ] {
            assert_eq!(foreign_format(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn parquet_is_not_a_column_called_so() {
        assert!(is_parquet(b"PAR1\x15\x04"));
        assert!(is_parquet(b"PAR1"));
        assert!(!is_parquet(b"PAR1\r\n1\r\n"));
        assert!(!is_parquet(b"PAR1;PAR2\n"));
        assert!(!is_parquet(b"par1\x15"));
    }
}
