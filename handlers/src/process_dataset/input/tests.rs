use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

const BLOCK: usize = 64;

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn decode(raw: &[u8], expected: Option<Prefix>) -> Result<(Vec<u8>, Prefix), InputError> {
    let mut input = Input::open(raw, BLOCK, expected)?;
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

#[test]
fn digest_is_of_the_raw_bytes() {
    let (decoded, prefix) = decode(b"abc", None).unwrap();
    assert_eq!(decoded, b"abc");
    assert_eq!(prefix.bytes, 3);
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(prefix.sha256.to_string(), abc);
    assert_eq!(abc.parse::<Digest>().unwrap(), prefix.sha256);
    assert_eq!("ba78".parse::<Digest>(), Err(digest::NotADigest));
    let raw = gzip(b"abc");
    let (decoded, prefix) = decode(&raw, None).unwrap();
    assert_eq!(
        (decoded.as_slice(), prefix.bytes),
        (b"abc".as_slice(), raw.len() as u64)
    );
}

#[test]
fn gzip_of_many_members_is_one_file() {
    let data = sample();
    let (head, tail) = data.split_at(1234);
    let raw = [gzip(head), gzip(b""), gzip(tail)].concat();
    assert_eq!(decode(&raw, None).unwrap().0, data);
}

#[test]
fn gzip_cut_anywhere_is_truncated() {
    let raw = gzip(&sample());
    for len in [
        3,
        9,
        10,
        11,
        raw.len() / 2,
        raw.len() - 9,
        raw.len() - 8,
        raw.len() - 1,
    ] {
        let error = decode(&raw[..len], None).unwrap_err();
        assert!(
            matches!(error, InputError::TruncatedGzip { raw_bytes } if raw_bytes <= len as u64),
            "{len}: {error}"
        );
    }
}

#[test]
fn gzip_that_was_tampered_with_is_corrupt() {
    let mut raw = gzip(&sample());
    let checksum = raw.len() - 6;
    raw[checksum] ^= 1;
    assert!(matches!(
        decode(&raw, None),
        Err(InputError::CorruptGzip { .. })
    ));
    let with_junk = [gzip(b"abc").as_slice(), b"junk that is no member"].concat();
    assert!(matches!(
        decode(&with_junk, None),
        Err(InputError::CorruptGzip { .. })
    ));
}

#[test]
fn prefix_is_compared_at_its_end_whatever_the_blocks() {
    let plain = sample();
    for raw in [gzip(&plain), plain.clone()] {
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
fn read_ahead_keeps_the_bytes() {
    let raw = sample();
    let mut input = Input::open(raw.as_slice(), 1000, None).unwrap();
    let mut decoded = vec![0; 900];
    input.fill(&mut decoded).unwrap();
    let expected = Some(input.prefix());
    let mut input = Input::open(raw.as_slice(), 10, expected).unwrap();
    let mut head = vec![0; 5];
    input.fill(&mut head).unwrap();
    input.verify_prefix().unwrap();
    let mut rest = vec![0; raw.len()];
    let count = input.fill(&mut rest).unwrap();
    assert_eq!([head.as_slice(), &rest[..count]].concat(), raw);
}

#[test]
fn errors_of_the_reader_below_come_through() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::new(io::ErrorKind::UnexpectedEof, "cable cut"))
        }
    }
    let head = gzip(&sample());
    let reader = head[..100].chain(Broken);
    let mut input = Input::open(reader, BLOCK, None).unwrap();
    let error = input.fill(&mut vec![0; 1 << 20]).unwrap_err();
    assert!(
        matches!(&error, InputError::Io(error) if error.to_string() == "cable cut"),
        "{error}"
    );
    assert!(matches!(
        Input::open(Broken, BLOCK, None),
        Err(InputError::Io(_))
    ));
}
