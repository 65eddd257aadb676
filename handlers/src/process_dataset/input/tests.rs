use std::io::{self, Write};

use flate2::Compression as GzipLevel;
use flate2::write::GzEncoder;

use super::*;

mod bombs;
mod compressed;
mod encodings;
mod guessed;

const BLOCK: usize = 64;

fn bounds(block_bytes: usize) -> InputBounds {
    InputBounds {
        block_bytes,
        decoded_bytes_max: 1 << 40,
        decoded_ratio_max: 200,
    }
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), GzipLevel::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// One frame, with a checksum.
fn zstd(data: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// All of the text, taken in pieces of this many bytes.
fn text_in<R: Read>(mut input: Input<R>, piece: usize) -> Result<Vec<u8>, InputError> {
    let mut text = Vec::new();
    let mut buffer = vec![0; piece];
    loop {
        match input.fill(&mut buffer)? {
            0 => return Ok(text),
            count => text.extend_from_slice(&buffer[..count]),
        }
    }
}

fn decode(raw: &[u8], expected: Option<Prefix>) -> Result<(Vec<u8>, Prefix), InputError> {
    let mut input = Input::open(raw, bounds(BLOCK), None, expected)?;
    let mut decoded = vec![0; 1 << 20];
    let count = input.fill(&mut decoded)?;
    decoded.truncate(count);
    assert_eq!(input.decoded_bytes(), count as u64);
    Ok((decoded, input.prefix()))
}

fn sample() -> Vec<u8> {
    (0..5000_u32)
        .flat_map(|n| format!("{},{}\n", n, n * n % 977).into_bytes())
        .collect()
}

/// A reader that gives a byte at a time.
struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = buffer.len().min(1);
        self.0.read(&mut buffer[..len])
    }
}

#[test]
fn digest_is_of_the_raw_bytes() {
    let (decoded, prefix) = decode(b"abc", None).unwrap();
    assert_eq!(decoded, b"abc");
    assert_eq!(prefix.bytes, 3);
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(prefix.sha256.to_string(), abc);
    assert_eq!(abc.parse::<Digest>().unwrap(), prefix.sha256);
    assert_eq!("ba78".parse::<Digest>(), Err(digest::NotADigest));
    for raw in [gzip(b"abc"), zstd(b"abc")] {
        let (decoded, prefix) = decode(&raw, None).unwrap();
        assert_eq!(
            (decoded.as_slice(), prefix.bytes),
            (b"abc".as_slice(), raw.len() as u64)
        );
    }
}

#[test]
fn prefix_is_compared_at_its_end_whatever_the_blocks() {
    let plain = sample();
    for raw in [gzip(&plain), zstd(&plain), plain.clone()] {
        for len in [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, raw.len() - 1, raw.len()] {
            let bytes = len as u64;
            let sha256 = Digest::new(
                sha2::Digest::finalize({
                    let mut hasher = <sha2::Sha256 as sha2::Digest>::new();
                    sha2::Digest::update(&mut hasher, &raw[..len]);
                    hasher
                })
                .into(),
            );
            let expected = Some(Prefix { bytes, sha256 });
            assert_eq!(decode(&raw, expected).unwrap().0, plain, "{len}");

            let mut changed = raw.clone();
            changed[len - 1] ^= 0x20;
            let error = decode(&changed, expected).unwrap_err();
            assert!(
                matches!(error, InputError::ChangedSince { prefix_bytes } if prefix_bytes == bytes),
                "{len} {error}"
            );

            let error = decode(&raw[..len - 1], expected).unwrap_err();
            assert!(
                matches!(error, InputError::ChangedSince { .. }),
                "{len} {error}"
            );
        }
    }
}

#[test]
fn that_a_file_changed_is_said_before_what_it_became() {
    let raw = sample();
    let input = Input::open(raw.as_slice(), bounds(1000), None, None).unwrap();
    let expected = Some(input.prefix());
    let other = [b"\xef\xbb\xbf".as_slice(), &raw].concat();
    for changed in [b"%PDF-1.7".to_vec(), vec![0; 70_000], other, Vec::new()] {
        let error = Input::open(
            changed.as_slice(),
            bounds(10),
            Some(Encoding::Latin1),
            expected,
        );
        assert!(matches!(error.err(), Some(InputError::ChangedSince { .. })));
    }
}

#[test]
fn head_is_the_same_whatever_the_blocks_and_comes_again() {
    let plain = [b"\xef\xbb\xbf".as_slice(), &sample().repeat(3)].concat();
    let text = &plain[3..];
    for raw in [gzip(&plain), zstd(&plain), plain.clone()] {
        for block in [1, 1000, 1 << 20] {
            let input = Input::open(raw.as_slice(), bounds(block), None, None).unwrap();
            assert_eq!(input.head(), &text[..HEAD_BYTES - 3]);
            assert_eq!(input.encoding(), Encoding::Utf8);
            assert_eq!(input.encoding_basis(), EncodingBasis::ByteOrderMark);
            assert_eq!(text_in(input, 777).unwrap(), text, "{block}");
        }
    }
    let input = Input::open(b"{}\n".as_slice(), bounds(1), None, None).unwrap();
    assert_eq!(input.head(), b"{}\n");
}

#[test]
fn read_ahead_keeps_the_bytes() {
    let raw = sample().repeat(4);
    let mut input = Input::open(raw.as_slice(), bounds(1000), None, None).unwrap();
    let mut decoded = vec![0; raw.len() - 2000];
    input.fill(&mut decoded).unwrap();
    let expected = Some(input.prefix());
    let mut input = Input::open(raw.as_slice(), bounds(10), None, expected).unwrap();
    let mut head = vec![0; 5];
    input.fill(&mut head).unwrap();
    input.verify_prefix().unwrap();
    let mut rest = vec![0; raw.len()];
    let count = input.fill(&mut rest).unwrap();
    assert_eq!([head.as_slice(), &rest[..count]].concat(), raw);
}

#[test]
fn drained_is_hashed_whole() {
    let plain = sample().repeat(4);
    for raw in [gzip(&plain), zstd(&plain), plain] {
        let mut input = Input::open(raw.as_slice(), bounds(100), None, None).unwrap();
        input.fill(&mut [0; 5]).unwrap();
        input.drain().unwrap();
        let whole: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest(&raw).into();
        let expected = Prefix {
            bytes: raw.len() as u64,
            sha256: Digest::new(whole),
        };
        assert_eq!(input.prefix(), expected);
        assert_eq!(input.prefix().bytes, expected.bytes);
    }
}

#[test]
fn errors_of_the_reader_below_come_through() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::new(io::ErrorKind::UnexpectedEof, "cable cut"))
        }
    }
    for head in [gzip(&sample()), zstd(&sample())] {
        for len in [0, 100] {
            let reader = head[..len].chain(Broken);
            let error = Input::open(reader, bounds(BLOCK), None, None)
                .err()
                .unwrap();
            assert!(
                matches!(&error, InputError::Io(error) if error.to_string() == "cable cut"),
                "{error}"
            );
        }
    }
    let plain = sample().repeat(4);
    let mut input = Input::open(plain.chain(Broken), bounds(BLOCK), None, None).unwrap();
    let error = input.fill(&mut vec![0; 1 << 20]).unwrap_err();
    assert!(matches!(error, InputError::Io(_)));
}

#[test]
fn what_is_no_text_is_refused_at_once() {
    let error = |raw: &[u8]| {
        let opened = Input::open(raw, bounds(BLOCK), None, None);
        opened.err().unwrap().to_string()
    };
    let noise: Vec<u8> = (0..5000_u32)
        .map(|n| n.wrapping_mul(89).to_le_bytes()[0])
        .collect();
    let all = [
        error(b""),
        error(b"\xef\xbb\xbf"),
        error(b"\xff\xfe"),
        error(&gzip(b"")),
        error(&zstd(b"\xfe\xff")),
        error(b"PK\x03\x04..."),
        error(&gzip(&gzip(b"a,b\n"))),
        error(&zstd(&gzip(b"a,b\n"))),
        error(&gzip(b"PAR1\x15\x04")),
        error(&gzip(b"%PDF-1.4")),
        error(&noise),
        error(&gzip(&noise)),
        error(&[0; 1000]),
    ];
    insta::assert_snapshot!(all.join("\n"), @"
        the file is empty
        the file is empty
        the file is empty
        the file is empty
        the file is empty
        the file is neither CSV nor JSON Lines but looks like a ZIP archive (which an .xlsx workbook is, too): convert it to one of them first
        the file is neither CSV nor JSON Lines but looks like gzip inside gzip: convert it to one of them first
        the file is neither CSV nor JSON Lines but looks like gzip inside zstd: convert it to one of them first
        the file is neither CSV nor JSON Lines but looks like Parquet inside gzip: convert it to one of them first
        the file is neither CSV nor JSON Lines but looks like a PDF inside gzip: convert it to one of them first
        the file is not text: read as windows-1252, its beginning is full of control characters
        the file is not text: read as windows-1252, its beginning is full of control characters
        the file is not text: read as utf-8, its beginning is full of control characters
        ");
}
