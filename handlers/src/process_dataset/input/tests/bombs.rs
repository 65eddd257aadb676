//! Small files that decompress to large ones.

use super::*;

const MIB: u64 = 1024 * 1024;

fn line() -> io::Take<io::Repeat> {
    io::repeat(b'1').take(80 * MIB)
}

fn bombs() -> [Vec<u8>; 2] {
    let mut gzip = GzEncoder::new(Vec::new(), GzipLevel::default());
    io::copy(&mut line(), &mut gzip).unwrap();
    let zstd = zstd::encode_all(line(), 1).unwrap();
    [gzip.finish().unwrap(), zstd]
}

/// Reads to the end or an error, in pieces, and says how much there was.
fn swallow(raw: &[u8], bounds: InputBounds) -> (u64, Option<InputError>) {
    let mut piece = vec![0; 256 * 1024];
    let mut input = match Input::open(raw, bounds, None, None) {
        Ok(input) => input,
        Err(error) => return (0, Some(error)),
    };
    loop {
        match input.fill(&mut piece) {
            Ok(0) => return (input.decoded_bytes(), None),
            Ok(_) => {}
            Err(error) => return (input.decoded_bytes(), Some(error)),
        }
    }
}

#[test]
fn a_bomb_is_stopped_while_it_is_small() {
    for raw in bombs() {
        assert!(raw.len() < 1_000_000);
        let (read, error) = swallow(&raw, bounds(4096));
        assert!(
            matches!(
                error,
                Some(InputError::TooCompressed { raw_bytes, decoded_bytes, decoded_ratio_max: 200 })
                    if decoded_bytes == read && decoded_bytes > raw_bytes * 200
            ),
            "{error:?}"
        );
        assert!(
            read > RATIO_FLOOR_BYTES && read <= RATIO_FLOOR_BYTES + MIB,
            "{read}"
        );

        let small = InputBounds {
            decoded_bytes_max: 3 * MIB,
            ..bounds(4096)
        };
        let (read, error) = swallow(&raw, small);
        assert!(
            matches!(error, Some(InputError::TooLarge { .. })),
            "{error:?}"
        );
        assert!(read > 3 * MIB && read <= 4 * MIB, "{read}");

        let trusting = InputBounds {
            decoded_ratio_max: u32::MAX,
            ..bounds(4096)
        };
        assert!(matches!(swallow(&raw, trusting), (read, None) if read == 80 * MIB));
    }
}

#[test]
fn the_bound_of_size_is_exact_and_holds_for_plain_files_too() {
    let plain = sample();
    for raw in [gzip(&plain), zstd(&plain), plain.clone()] {
        for (decoded_bytes_max, fits) in
            [(plain.len() as u64, true), (plain.len() as u64 - 1, false)]
        {
            let exact = InputBounds {
                decoded_bytes_max,
                ..bounds(BLOCK)
            };
            assert_eq!(swallow(&raw, exact).1.is_none(), fits);
        }
    }
}

#[test]
fn the_errors_name_figures_and_settings() {
    let large = InputError::TooLarge {
        decoded_bytes_max: 3,
    };
    let compressed = InputError::TooCompressed {
        raw_bytes: 1,
        decoded_bytes: 300,
        decoded_ratio_max: 200,
    };
    insta::assert_snapshot!(format!("{large}\n{compressed}"), @"
        the file's content is larger than 3 bytes, which is all that datasets.decoded_bytes_max allows: split the file, or raise the bound
        the file's first 1 bytes decompress to 300, more than 200 times as many, which is all that datasets.decoded_ratio_max allows: if the file can be trusted, decompress it first or raise the bound
        ");
}
