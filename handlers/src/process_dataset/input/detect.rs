//! Telling the encoding of a file by its first bytes.

use super::{Encoding, EncodingBasis, InputError};

/// Decoded bytes that the encoding is told by. A constant, and not the size of a block, so that a
/// load that is resumed with other settings tells the same.
pub const HEAD_BYTES: usize = 64 * 1024;

const BYTE_ORDER_MARKS: [(&[u8], Encoding); 3] = [
    (b"\xef\xbb\xbf", Encoding::Utf8),
    (b"\xff\xfe", Encoding::Utf16Le),
    (b"\xfe\xff", Encoding::Utf16Be),
];

/// The encoding of a text that begins so; `head` is the whole text or its first [`HEAD_BYTES`].
///
/// In this order: a byte order mark; NUL bytes in every second place, which ASCII has in UTF-16;
/// well-formed UTF-8, or UTF-8 with fewer faults than good characters beyond ASCII, whose bad
/// records can be rejected one by one; else Windows-1252, in which a character of UTF-8 is then a
/// fault and rejected too, so that a guess never alters a text.
///
/// Never Latin-1, which has to be stated: where both have printable characters they agree, and
/// text does not hold the control characters that Latin-1 has at 80 to 9F. What makes no sense in
/// Windows-1252 either (an 81 is `ü` in DOS code pages) is so rejected and seen.
pub fn detect(head: &[u8]) -> (Encoding, EncodingBasis) {
    match byte_order_mark(head) {
        Some((_, encoding)) => (encoding, EncodingBasis::ByteOrderMark),
        None => (without_mark(head), EncodingBasis::Detected),
    }
}

/// What a text is to be read as, given what the profile states, and how long its byte order mark
/// is. A mark that contradicts the profile is an error: one of the two is wrong about every record.
pub(super) fn resolve(
    head: &[u8],
    stated: Option<Encoding>,
) -> Result<(Encoding, EncodingBasis, usize), InputError> {
    let mark = byte_order_mark(head);
    let mark_len = mark.map_or(0, |(mark, _)| mark.len());
    match (stated, mark) {
        (Some(stated), Some((_, found))) if stated != found => {
            Err(InputError::EncodingContradicted { stated, found })
        }
        (Some(stated), _) => Ok((stated, EncodingBasis::Stated, mark_len)),
        (None, _) => {
            let (encoding, basis) = detect(head);
            Ok((encoding, basis, mark_len))
        }
    }
}

fn byte_order_mark(head: &[u8]) -> Option<(&'static [u8], Encoding)> {
    let mut marks = BYTE_ORDER_MARKS.into_iter();
    marks.find(|(mark, _)| head.starts_with(mark))
}

fn without_mark(head: &[u8]) -> Encoding {
    utf16(head).unwrap_or_else(|| {
        if mostly_utf8(head) {
            Encoding::Utf8
        } else {
            Encoding::Windows1252
        }
    })
}

/// Even of a text in Chinese a quarter is ASCII once it is a table: digits, delimiters, line ends.
/// On the other side NULs are chance, and in text of single bytes NULs have no side.
fn utf16(head: &[u8]) -> Option<Encoding> {
    const UNITS_TO_A_NUL_MAX: usize = 4;
    const NULS_TO_A_STRAY_MIN: usize = 16;
    let (units, _) = head.as_chunks::<2>();
    let first = units.iter().filter(|unit| unit[0] == 0).count();
    let second = units.iter().filter(|unit| unit[1] == 0).count();
    let clear = |nuls: usize, strays: usize| {
        nuls > 0 && nuls * UNITS_TO_A_NUL_MAX >= units.len() && nuls >= strays * NULS_TO_A_STRAY_MIN
    };
    if clear(second, first) {
        Some(Encoding::Utf16Le)
    } else if clear(first, second) {
        Some(Encoding::Utf16Be)
    } else {
        None
    }
}

fn mostly_utf8(head: &[u8]) -> bool {
    match std::str::from_utf8(head) {
        Ok(_) => true,
        // The head ends in the middle of a character, and the file goes on.
        Err(error) if error.error_len().is_none() && head.len() >= HEAD_BYTES => true,
        Err(_) => {
            let (good, bad) = head.utf8_chunks().fold((0, 0), |(good, bad), chunk| {
                let beyond_ascii = chunk.valid().chars().filter(|c| !c.is_ascii()).count();
                (good + beyond_ascii, bad + chunk.invalid().len())
            });
            good > bad
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn detected(head: &[u8]) -> &'static str {
        let (encoding, basis) = detect(head);
        assert_eq!(basis, EncodingBasis::Detected);
        encoding.as_str()
    }

    fn utf16_bytes(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn marks_win() {
        for (mark, encoding) in BYTE_ORDER_MARKS {
            let head = [mark, b"a,b\n"].concat();
            assert_eq!(detect(&head), (encoding, EncodingBasis::ByteOrderMark));
            assert_eq!(detect(mark), (encoding, EncodingBasis::ByteOrderMark));
        }
    }

    #[test]
    fn encodings_are_told_without_a_mark() {
        assert_eq!(detected(b""), "utf-8");
        assert_eq!(detected(b"id,amount\n1,2\n"), "utf-8");
        assert_eq!(detected("1,€ 5\n".as_bytes()), "utf-8");
        assert_eq!(detected(b"caf\xe9,1\n"), "windows-1252");
        assert_eq!(detected(b"1,caf\xe9"), "windows-1252");
        assert_eq!(detected(b"5 \x80\n"), "windows-1252");
        assert_eq!(detected(b"\x81\x8d\n"), "windows-1252");
        let chinese = "编号,日期,金额\n1,2024-01-31,12.50\n";
        assert_eq!(
            detected(&utf16_bytes(chinese, u16::to_le_bytes)),
            "utf-16le"
        );
        assert_eq!(
            detected(&utf16_bytes(chinese, u16::to_be_bytes)),
            "utf-16be"
        );
        // An odd last byte does not confuse it.
        let cut = utf16_bytes("id,amount\n1,2", u16::to_le_bytes);
        assert_eq!(detected(&cut[..cut.len() - 1]), "utf-16le");
    }

    #[test]
    fn a_few_nul_bytes_are_not_utf16() {
        assert_eq!(
            detected(b"row_id,date,amount\na\0,2024-01-01,1\nb,2024-01-01,1\n"),
            "utf-8"
        );
        assert_eq!(detected(&[0; 64]), "utf-8");
    }

    #[test]
    fn mixed_texts_are_what_most_of_them_is() {
        let mut mixed = "Müller,Ä\n".repeat(10).into_bytes();
        mixed.extend_from_slice(b"M\xfcller\n");
        assert_eq!(detected(&mixed), "utf-8");
        let mut mixed = b"M\xfcller,\xc4\n".repeat(10);
        mixed.extend_from_slice("Müller\n".as_bytes());
        assert_eq!(detected(&mixed), "windows-1252");
    }

    #[test]
    fn a_character_that_the_head_cuts_is_no_fault() {
        let mut head = "x".repeat(HEAD_BYTES - 1).into_bytes();
        head.push("é".as_bytes()[0]);
        assert_eq!(detected(&head), "utf-8");
        assert_eq!(detected(&head[1..]), "windows-1252");
    }

    #[test]
    fn what_is_stated_wins_but_not_over_a_mark() {
        let head = b"caf\xe9\n";
        let stated = resolve(head, Some(Encoding::Latin1)).unwrap();
        assert_eq!(stated, (Encoding::Latin1, EncodingBasis::Stated, 0));
        let marked = resolve(b"\xff\xfea\0", Some(Encoding::Utf16Le)).unwrap();
        assert_eq!(marked, (Encoding::Utf16Le, EncodingBasis::Stated, 2));
        let error = resolve(b"\xef\xbb\xbfa", Some(Encoding::Utf16Be)).unwrap_err();
        insta::assert_snapshot!(error, @"the profile states utf-16be, but the file begins with the byte order mark of utf-8: correct the profile's encoding, or leave it out");
    }

    proptest! {
        #[test]
        fn tables_are_told_in_each_encoding(
            rows in proptest::collection::vec(("[a-z]{1,8}", "[éüßñÅ€]", "[0-9,;]{1,6}"), 1..50),
        ) {
            let text: String =
                rows.iter().map(|(name, mark, rest)| [name, mark, rest.as_str(), "\n"].concat()).collect();
            prop_assert_eq!(detected(text.as_bytes()), "utf-8");
            prop_assert_eq!(detected(&utf16_bytes(&text, u16::to_le_bytes)), "utf-16le");
            prop_assert_eq!(detected(&utf16_bytes(&text, u16::to_be_bytes)), "utf-16be");
            let (single, _, faulty) = encoding_rs::WINDOWS_1252.encode(&text);
            prop_assert!(!faulty);
            prop_assert_eq!(detected(&single), "windows-1252");
        }

        #[test]
        fn any_bytes_are_something(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            detect(&bytes);
        }
    }
}
