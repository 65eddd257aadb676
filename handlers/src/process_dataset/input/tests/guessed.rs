//! A Windows-1252 that nobody stated never makes other characters of what was UTF-8.

use proptest::prelude::*;

use super::*;
use crate::process_dataset::input::transcode::FAULT;

/// In pieces of these lengths, and the rest at the end.
fn windows(raw: &[u8], basis: EncodingBasis, pieces: &[usize]) -> Vec<u8> {
    let mut transcoder = Transcoder::new(Encoding::Windows1252, basis).unwrap();
    let (mut rest, mut text) = (raw, Vec::new());
    for &piece in pieces {
        let (now, later) = rest.split_at(piece.min(rest.len()));
        transcoder.decode(now, false, &mut text);
        rest = later;
    }
    transcoder.decode(rest, true, &mut text);
    text
}

fn guessed(raw: &[u8]) -> Vec<u8> {
    windows(raw, EncodingBasis::Detected, &[])
}

fn stated(raw: &[u8]) -> Vec<u8> {
    windows(raw, EncodingBasis::Stated, &[])
}

/// One character of UTF-8, beyond ASCII, at the beginning; and its length.
fn character(raw: &[u8]) -> Option<usize> {
    (2..=raw.len().min(4)).find(|&bytes| {
        std::str::from_utf8(&raw[..bytes]).is_ok_and(|text| text.chars().count() == 1)
    })
}

/// The rule, said without blocks.
fn expected(mut raw: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    while !raw.is_empty() {
        let bytes = character(raw);
        match bytes {
            Some(_) => text.push(FAULT),
            None => text.extend(stated(&raw[..1])),
        }
        raw = &raw[bytes.unwrap_or(1)..];
    }
    text
}

#[test]
fn a_character_of_utf8_is_a_fault_where_nobody_stated_the_encoding() {
    let raw = "M\u{fc}ller,€,😀,\u{80},\u{7ff},\u{800},\u{ffff},\u{10ffff}\n";
    let faults = b"M\xffller,\xff,\xff,\xff,\xff,\xff,\xff,\xff\n";
    assert_eq!(guessed(raw.as_bytes()), faults);
    assert_eq!(stated("Müller\n".as_bytes()), "MÃ¼ller\n".as_bytes());
    assert_eq!(
        guessed(b"caf\xe9 \x80 M\xfcller\n"),
        "café € Müller\n".as_bytes()
    );
}

#[test]
fn what_utf8_does_not_allow_is_windows_1252() {
    // A byte alone, too long a form, half of a pair, beyond the last character, two bytes of three.
    for raw in [
        b"\xa9".as_slice(),
        b"\xe9",
        b"\xe9a",
        b"\xc0\xaf",
        b"\xe0\x9f\xbf",
        b"\xed\xa0\x80",
        b"\xf4\x91\x80\x80",
        b"\xf5\x80\x80\x80",
        b"\xe2\x82",
        b"\xe2\x82,",
        b"\xf0\x9f\x98,",
    ] {
        assert_eq!(guessed(raw), stated(raw), "{raw:x?}");
    }
    // Where one begins in vain, another may begin with its next byte.
    assert_eq!(
        guessed(b"\xc3\xc3\xbc"),
        [b"\xc3\x83".as_slice(), &[FAULT]].concat()
    );
}

#[test]
fn it_holds_behind_the_head_and_between_blocks() {
    for shift in 0..8 {
        let mut raw = b"caf\xe9\n".to_vec();
        raw.resize(2 * HEAD_BYTES - shift, b'x');
        raw.extend_from_slice("😀,ü\n".as_bytes());
        let input = Input::open(raw.as_slice(), bounds(1000), None, None).unwrap();
        assert_eq!(input.encoding(), Encoding::Windows1252);
        let text = text_in(input, 777).unwrap();
        assert!(text.ends_with(b"x\xff,\xff\n"), "{shift}");
        assert!(text == expected(&raw));
        let stated = Some(Encoding::Windows1252);
        let input = Input::open(raw.as_slice(), bounds(1000), stated, None).unwrap();
        let text = text_in(input, 777).unwrap();
        assert!(text.ends_with("xðŸ˜€,Ã¼\n".as_bytes()), "{shift}");
    }
}

/// Texts of both encodings, and parts of characters.
fn mixed() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        "[a-z,\n]{0,4}".prop_map(String::into_bytes),
        any::<char>().prop_map(|c| c.to_string().into_bytes()),
        any::<char>().prop_map(|c| {
            let mut bytes = c.to_string().into_bytes();
            bytes.pop();
            bytes
        }),
        proptest::collection::vec(0x80_u8.., 1..4),
    ];
    proptest::collection::vec(part, 0..20).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn however_it_is_cut_it_comes_out_the_same(
        raw in mixed(),
        pieces in proptest::collection::vec(0_usize..6, 0..40),
    ) {
        prop_assert_eq!(&windows(&raw, EncodingBasis::Detected, &pieces), &expected(&raw));
        prop_assert_eq!(&windows(&raw, EncodingBasis::Stated, &pieces), &stated(&raw));
    }

    #[test]
    fn a_text_without_such_characters_is_as_if_it_were_stated(
        mut raw in mixed(),
        pieces in proptest::collection::vec(0_usize..6, 0..40),
    ) {
        while let Some(at) = (0..raw.len()).find(|&at| character(&raw[at..]).is_some()) {
            raw.remove(at);
        }
        prop_assert_eq!(windows(&raw, EncodingBasis::Detected, &pieces), stated(&raw));
    }
}
