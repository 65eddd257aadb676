//! Seeds, and what is done to them.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use nexus_handlers::generate::Generator;
use nexus_handlers::process_dataset::profiles;

const ROWS: &str = "row_id,date,timestamp,amount,currency,party_name,description\n\
    a1,2024-01-31,2024-01-31T10:00:00Z,-12.50,EUR,\"Meyer, \"\"K\"\"\",x\n\
    a2,31/01/2024,,\"1,234.50\",USD,Joe \"The Rock\" Smith,\"two\nlines\"\n\
    # a comment\n\
    5142124791.0,2024-02-30,yesterday,($7),eur,\\\"x\\\",\n\
    a4,2024-02-29,,1e3,,,\r\n";

const OBJECTS: &str = r#"{"row_id":"a1","date":"2024-01-31","amount":12.50,"party_name":"\u00e9\ud83d\ude00","other":[1,{"a":null}]}
{"row_id":1,"date":"2024-01-31","amount":"1,000.00","currency":"EUR","timestamp":"2024-01-31T10:00:00+05:30"}

{"row_id":"a3","date":"2024-02-30","amount":{"value":1},"description":true}
"#;

/// Words that matter to some decoder.
const TOKENS: [&[u8]; 22] = [
    b"\"",
    b"\"\"",
    b"\\",
    b"\n",
    b"\r\n",
    b"\r",
    b",",
    b"||",
    b"#",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\x1f\x8b",
    b"\x28\xb5\x2f\xfd",
    b"PAR1",
    b"{",
    b"}",
    b"[[[[",
    b"\\ud800",
    b"NaN",
    b"1e400",
];

/// Files by name; the two bytes in front are what [`decode`](super::drivers::decode) wants.
pub(crate) fn files() -> Vec<(&'static str, Vec<u8>)> {
    let generator = Generator {
        rows: 30,
        seed: 1,
        faults_per_mille: 0,
    };
    let mut parquet = Vec::new();
    generator.write_parquet(&mut parquet).expect("a file");
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(ROWS.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let zstd = zstd::encode_all(ROWS.as_bytes(), 3).expect("compressed");
    let seed = |profile: u8, file: &[u8]| [&[profile, 7], file].concat();
    vec![
        ("csv", seed(0, ROWS.as_bytes())),
        ("backslash csv", seed(1, ROWS.as_bytes())),
        (
            "wide delimiter",
            seed(2, ROWS.replace(',', "||").as_bytes()),
        ),
        ("windows-1252", seed(3, ROWS.as_bytes())),
        ("json lines", seed(4, OBJECTS.as_bytes())),
        ("json lines by its look", seed(0, OBJECTS.as_bytes())),
        ("parquet", seed(5, &parquet)),
        ("gzip", seed(0, &gzip(ROWS.as_bytes()))),
        ("zstd", seed(0, &zstd)),
        ("utf-16", seed(0, &utf16)),
    ]
}

/// The shipped profiles.
pub(crate) fn profiles() -> Vec<(&'static str, &'static str)> {
    profiles::names()
        .map(|name| (name, profiles::shipped(name).unwrap_or_default()))
        .collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("compressed");
    encoder.finish().expect("compressed")
}

/// A few changes, the same for the same number: bytes flipped, tokens put in, stretches taken out,
/// doubled, or cut off at the end.
pub(crate) fn mutate(seed: &[u8], number: u64) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    let mut random = Random(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len().max(1));
        let len = random.below(20).min(bytes.len() - at);
        match random.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 if at < bytes.len() => bytes[at] = u8::try_from(random.below(256)).unwrap_or(0),
            2 => {
                let token = TOKENS[random.below(TOKENS.len())];
                drop(bytes.splice(at..at, token.iter().copied()));
            }
            3 => drop(bytes.drain(at..at + len)),
            4 => {
                let stretch = bytes[at..at + len].repeat(random.below(50));
                drop(bytes.splice(at..at, stretch));
            }
            _ => bytes.truncate(bytes.len() - len),
        }
    }
    bytes
}

/// Xorshift (Marsaglia 2003): no more is needed, and it never changes.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).unwrap_or(0)
    }
}
