//! gzip and zstd that are cut, damaged, or made to be hard.

use super::*;

#[test]
fn many_members_and_frames_are_one_file() {
    let data = sample();
    let (head, tail) = data.split_at(1234);
    let skipped = [b"\x50\x2a\x4d\x18\x03\0\0\0".as_slice(), b"xyz"].concat();
    for (raw, compression) in [
        (
            [gzip(head), gzip(b""), gzip(tail)].concat(),
            Compression::Gzip,
        ),
        (
            [zstd(head), zstd(b""), zstd(tail)].concat(),
            Compression::Zstd,
        ),
        (
            [skipped.clone(), zstd(head), skipped, zstd(tail)].concat(),
            Compression::Zstd,
        ),
    ] {
        assert_eq!(decode(&raw, None).unwrap().0, data);
        let input = Input::open(Trickle(&raw), bounds(BLOCK), None, None).unwrap();
        assert_eq!(input.compression(), compression);
        assert_eq!(text_in(input, 1).unwrap(), data);
    }
}

#[test]
fn cut_anywhere_is_truncated() {
    let data = sample();
    for (raw, magic, compression) in [
        (gzip(&data), 2, Compression::Gzip),
        (zstd(&data), 4, Compression::Zstd),
    ] {
        let whole = raw.len();
        // The marks that begin and end it byte by byte, and places all over between them.
        let ends = (magic..magic + 20).chain(whole - 20..whole);
        for len in ends.chain((magic..whole).step_by(997)) {
            let error = decode(&raw[..len], None).unwrap_err();
            assert!(
                matches!(
                    error,
                    InputError::Truncated { compression: found, raw_bytes }
                        if found == compression && raw_bytes <= len as u64
                ),
                "{len}: {error}"
            );
            // The same in a second member, behind one that is whole.
            let error = decode(&[raw.as_slice(), &raw[..len]].concat(), None).unwrap_err();
            assert!(
                matches!(error, InputError::Truncated { .. }),
                "{len}: {error}"
            );
        }
    }
}

#[test]
fn tampered_with_is_corrupt() {
    let data = sample();
    let corrupt = |raw: &[u8], expected: Compression| {
        let error = decode(raw, None).unwrap_err();
        assert!(
            matches!(error, InputError::Corrupt { compression, .. } if compression == expected),
            "{error}"
        );
    };
    for (raw, compression) in [
        (gzip(&data), Compression::Gzip),
        (zstd(&data), Compression::Zstd),
    ] {
        let mut tampered = raw.clone();
        let checksum = raw.len()
            - if compression == Compression::Gzip {
                6
            } else {
                2
            };
        tampered[checksum] ^= 1;
        corrupt(&tampered, compression);
        corrupt(
            &[&raw, b"junk that is no member".as_slice()].concat(),
            compression,
        );
        let mut tampered = raw.clone();
        tampered[raw.len() / 2] ^= 0x10;
        assert!(decode(&tampered, None).is_err());
    }
    // The right magic, and nothing right behind it.
    corrupt(
        b"\x1f\x8b\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        Compression::Gzip,
    );
    corrupt(
        b"\x28\xb5\x2f\xfd\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        Compression::Zstd,
    );
}

#[test]
fn a_magic_that_is_cut_or_wrong_is_text() {
    for raw in [b"(\xb5/".as_slice(), b"P*M", b"\x1e\x8b"] {
        let input = Input::open(raw, bounds(BLOCK), Some(Encoding::Latin1), None).unwrap();
        assert_eq!(input.compression(), Compression::None);
    }
}

#[test]
fn a_zstd_window_is_bounded() {
    // A frame (RFC 8878, 3.1.1) of one raw block, that claims to need a window of this size.
    let frame = |window_log: u8| {
        let window = (window_log - 10) << 3;
        let block = u8::try_from(4 << 3 | 1).unwrap();
        [
            b"\x28\xb5\x2f\xfd\0".as_slice(),
            &[window, block, 0, 0],
            b"a,b\n",
        ]
        .concat()
    };
    assert_eq!(decode(&frame(27), None).unwrap().0, b"a,b\n");
    let error = decode(&frame(28), None).unwrap_err();
    insta::assert_snapshot!(error, @"the zstd file needs a window of more than 128 MiB to be decompressed: compress it again without --long");
    // In a later frame, too.
    let later = [frame(20), frame(31)].concat();
    assert!(matches!(
        decode(&later, None),
        Err(InputError::WindowTooLarge)
    ));
    // One segment of a terabyte, as it says.
    let claims = b"\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\x01\0\0\x21\0\0a,b\n";
    assert!(matches!(
        decode(claims, None),
        Err(InputError::WindowTooLarge)
    ));
}
