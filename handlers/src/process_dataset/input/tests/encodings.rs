//! Text in every encoding, right and wrong, comes out as UTF-8 or as faults.

use proptest::prelude::*;

use super::*;
use crate::process_dataset::input::transcode::FAULT;

fn text(raw: &[u8], stated: Option<Encoding>) -> Vec<u8> {
    let input = Input::open(raw, bounds(BLOCK), stated, None).unwrap();
    text_in(input, 1000).unwrap()
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

fn units(units: &[u16], bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    units.iter().copied().flat_map(bytes).collect()
}

#[test]
fn marks_are_taken_away() {
    let expected = "a,€\n".as_bytes();
    let marked = [
        "\u{feff}a,€\n".as_bytes().to_vec(),
        utf16("\u{feff}a,€\n", u16::to_le_bytes),
        utf16("\u{feff}a,€\n", u16::to_be_bytes),
    ];
    for raw in marked {
        for raw in [gzip(&raw), zstd(&raw), raw] {
            assert_eq!(text(&raw, None), expected);
        }
    }
}

#[test]
fn a_lone_surrogate_spoils_its_place_only() {
    let raw = [
        0x61, 0xd800, 0x0a, 0x62, 0xdc00, 0x0a, 0xd83d, 0xde00, 0x0a, 0xd800, 0xd800, 0x0a, 0x63,
    ];
    let expected = "a?\nb?\n😀\n??\nc"
        .bytes()
        .map(|b| if b == b'?' { FAULT } else { b });
    let expected: Vec<u8> = expected.collect();
    let stated = [
        (units(&raw, u16::to_le_bytes), Encoding::Utf16Le),
        (units(&raw, u16::to_be_bytes), Encoding::Utf16Be),
    ];
    for (raw, encoding) in stated {
        assert_eq!(text(&raw, Some(encoding)), expected);
        // The last unit lacks a byte.
        let mut short = expected.clone();
        *short.last_mut().unwrap() = FAULT;
        assert_eq!(text(&raw[..raw.len() - 1], Some(encoding)), short);
    }
    assert_eq!(text(b"\xff\xfea", None), [FAULT]);
    assert_eq!(text(b"\xff\xfea\0\0\xd8", None), [b'a', FAULT]);
}

#[test]
fn nothing_but_faults_takes_no_longer() {
    let raw = units(&vec![0xd800; 200_000], u16::to_le_bytes);
    assert_eq!(text(&raw, Some(Encoding::Utf16Le)), vec![FAULT; 200_000]);
}

#[test]
fn single_bytes_are_what_their_tables_say() {
    let raw: Vec<u8> = (0x20..=0xff).collect();
    let latin: String = raw.iter().copied().map(char::from).collect();
    assert_eq!(text(&raw, Some(Encoding::Latin1)), latin.as_bytes());
    let windows = text(&raw, Some(Encoding::Windows1252));
    // The same as by encoding_rs, but that it has control characters where nothing is defined.
    let (reference, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&raw);
    let undefined = ['\u{81}', '\u{8d}', '\u{8f}', '\u{90}', '\u{9d}'];
    let expected: Vec<u8> = reference
        .chars()
        .flat_map(|c| match c {
            c if undefined.contains(&c) => vec![FAULT],
            c => c.to_string().into_bytes(),
        })
        .collect();
    assert_eq!(windows, expected);
}

#[test]
fn mixed_encodings_leave_the_faults_where_they_are() {
    let mut mixed = "Müller,1\n".repeat(5).into_bytes();
    mixed.extend_from_slice(b"M\xfcller,2\n");
    let input = Input::open(mixed.as_slice(), bounds(BLOCK), None, None).unwrap();
    assert_eq!(input.encoding(), Encoding::Utf8);
    assert_eq!(text_in(input, 7).unwrap(), mixed);
}

#[test]
fn what_is_stated_is_believed() {
    let raw = b"caf\xe9,\x80\n";
    let input = Input::open(raw.as_slice(), bounds(BLOCK), Some(Encoding::Utf8), None).unwrap();
    assert_eq!(input.encoding_basis(), EncodingBasis::Stated);
    assert_eq!(text_in(input, 10).unwrap(), raw);
    assert_eq!(text(raw, None), "café,€\n".as_bytes());
    assert_eq!(
        text(raw, Some(Encoding::Latin1)),
        "café,\u{80}\n".as_bytes()
    );
    let marked = Input::open(
        b"\xff\xfea\0".as_slice(),
        bounds(1),
        Some(Encoding::Utf8),
        None,
    );
    assert!(matches!(
        marked.err(),
        Some(InputError::EncodingContradicted { .. })
    ));
}

#[test]
fn an_encoding_is_told_by_the_head_alone_whatever_comes_later() {
    let mut raw = "x".repeat(HEAD_BYTES).into_bytes();
    raw.extend_from_slice(b"\xe9\n");
    for block in [1, 1000, 1 << 20] {
        let input = Input::open(raw.as_slice(), bounds(block), None, None).unwrap();
        assert_eq!(input.encoding(), Encoding::Utf8);
        assert_eq!(text_in(input, 1 << 20).unwrap(), raw);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn tables_come_out_as_they_were_meant(
        rows in proptest::collection::vec(("[a-z]{1,8}", "[éüßñÅ€]", "[0-9,;]{1,6}"), 1..50),
        repeat in prop_oneof![Just(1_usize), Just(400)],
        piece in 1_usize..5000,
    ) {
        let one: String =
            rows.iter().map(|(name, mark, rest)| [name, mark, rest.as_str(), "\n"].concat()).collect();
        let meant = one.repeat(repeat);
        let windows = encoding_rs::WINDOWS_1252.encode(&meant).0.into_owned();
        for (raw, encoding) in [
            (meant.clone().into_bytes(), Encoding::Utf8),
            (utf16(&meant, u16::to_le_bytes), Encoding::Utf16Le),
            (utf16(&meant, u16::to_be_bytes), Encoding::Utf16Be),
            (windows, Encoding::Windows1252),
        ] {
            let input = Input::open(raw.as_slice(), bounds(999), None, None).unwrap();
            prop_assert_eq!(input.encoding(), encoding);
            prop_assert_eq!(input.encoding_basis(), EncodingBasis::Detected);
            prop_assert_eq!(input.decoded_bytes(), raw.len().min(HEAD_BYTES) as u64);
            let head_len = meant.len().min(HEAD_BYTES / 4);
            prop_assert_eq!(&input.head()[..head_len], &meant.as_bytes()[..head_len]);
            prop_assert!(text_in(input, piece).unwrap() == meant.as_bytes());
        }
    }

    #[test]
    fn utf16_agrees_with_the_standard_library(
        text in proptest::collection::vec(
            prop_oneof![3 => 0x20_u16..0x7f, 1 => 0xd7f0_u16..0xe010, 1 => any::<u16>()], 1..200,
        ),
        piece in 1_usize..20,
    ) {
        // A mark would be taken away.
        prop_assume!(!matches!(text[0], 0xfeff | 0xfffe | 0xbbef));
        let mut expected = Vec::new();
        for c in char::decode_utf16(text.iter().copied()) {
            match c {
                Ok(c) => expected.extend_from_slice(c.to_string().as_bytes()),
                Err(_) => expected.push(FAULT),
            }
        }
        let raw = units(&text, u16::to_be_bytes);
        let opened = Input::open(Trickle(&raw), bounds(3), Some(Encoding::Utf16Be), None);
        prop_assert_eq!(text_in(opened.unwrap(), piece).unwrap(), expected);
    }

    #[test]
    fn any_bytes_are_read_or_refused(
        raw in proptest::collection::vec(any::<u8>(), 0..400),
        magic in proptest::sample::select(vec![b"".as_slice(), b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"\xff\xfe", b"\xfe\xff"]),
    ) {
        let raw = [magic, &raw].concat();
        if let Ok(input) = Input::open(raw.as_slice(), bounds(BLOCK), None, None) {
            let _ = text_in(input, 100);
        }
    }
}
