//! What every decoder must hold to on any bytes: it ends, with rows or with an error; it never
//! panics; what it counts adds up; and a load that is resumed finds what an uninterrupted one does.
//!
//! Shared by the seeded run of `make test` and by the coverage-guided targets in `fuzz/`.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use nexus_handlers::process_dataset::checkpoint::{Checkpoint, Summary};
use nexus_handlers::process_dataset::chunk::RowScope;
use nexus_handlers::process_dataset::decoder::Decoder;
use nexus_handlers::process_dataset::input::InputError;
use nexus_handlers::process_dataset::profile::Profile;
use nexus_handlers::process_dataset::settings::DecodeSettings;
use nexus_schema::money::Money;

const SCOPE: RowScope = RowScope {
    tenant_id: 1,
    case_id: 2,
    dataset_id: 3,
    rows_before: 0,
};

const COLUMNS: &str = "
optional_columns = ['row_id', 'timestamp', 'currency', 'party_name', 'description']
[columns]
row_id = 'row_id'
date = 'date'
timestamp = 'timestamp'
amount = 'amount'
currency = 'currency'
party_name = 'party_name'
description = 'description'
[date]
formats = ['%Y-%m-%d', '%d/%m/%Y', '%d %b %y', '%I:%M %p %d.%m.%Y']
zone = 'Europe/Berlin'
[amount]
thousands_marks = [',', ' ']
currency_signs = ['$']
negative = ['leading_minus', 'trailing_minus', 'parentheses']
exponent = true
[clean]
integer_floats = ['row_id']
control_characters = 'space'
collapse_spaces = true
strip_quotes = true
";

/// Profiles that together switch every branch of the decoders on.
static PROFILES: LazyLock<Vec<Arc<Profile>>> = LazyLock::new(|| {
    [
        "type = 'transactions'",
        "type = 'expenses'\ncsv = { escape = 'backslash', comment = '#', skip_lines = 1 }",
        "type = 'bank_statements'\ncsv = { delimiter = '||', stray_quotes = 'literal', \
         short_rows = 'pad', long_rows = 'cut' }",
        "type = 'transactions'\nformat = 'csv'\nencoding = 'windows-1252'\ncsv = { quote = '' }",
        "type = 'transactions'\nformat = 'jsonl'",
        "type = 'transactions'\nformat = 'parquet'\nparquet = { doubles = 'shortest' }",
    ]
    .map(|head| {
        let columns = COLUMNS.replace("'row_id', ", "");
        Arc::new(Profile::parse(&format!("{head}{columns}")).expect("a profile"))
    })
    .into()
});

/// Reads any bytes as a file. The first byte chooses the profile, the second how large chunks and
/// blocks are.
pub(crate) fn decode(bytes: &[u8]) {
    let [profile, sizes, file @ ..] = bytes else {
        return;
    };
    let profile = &PROFILES[usize::from(*profile) % PROFILES.len()];
    let file = Bytes::copy_from_slice(file);
    let whole = run(&file, profile, settings(1_000_000, 64 * 1024), None);
    let small = settings(1 + u64::from(*sizes % 16), 1 + usize::from(*sizes) * 3);
    let pieces = run(&file, profile, small, None);
    let (Ok((whole, _)), Ok((pieces, middle))) = (whole, pieces) else {
        return;
    };
    assert_eq!(
        whole.tally, pieces.tally,
        "sizes of chunks and blocks decide nothing"
    );
    if let Some(middle) = middle {
        let resumed = run(&file, profile, settings(5, 100), Some(middle));
        let (resumed, _) = resumed.expect("what was read once can be read again");
        assert_eq!(whole.tally, resumed.tally);
        assert_eq!(whole.columns, resumed.columns);
        assert_eq!(whole.keys, resumed.keys);
        assert_eq!(whole.sha256, resumed.sha256);
    }
}

fn settings(chunk_rows: u64, block_bytes: usize) -> DecodeSettings {
    DecodeSettings {
        block_bytes,
        record_bytes_max: 2000,
        raw_text_bytes_max: 50,
        chunk_rows,
        decoded_bytes_max: 16 << 20,
        ..DecodeSettings::default()
    }
}

/// Reads to the end; gives a checkpoint from the way, too.
fn run(
    file: &Bytes,
    profile: &Arc<Profile>,
    settings: DecodeSettings,
    from: Option<Checkpoint>,
) -> Result<(Summary, Option<Checkpoint>), InputError> {
    let mut rejected = from.as_ref().map_or(0, |from| from.tally.rejected_total());
    let mut loaded = from.as_ref().map_or(0, |from| from.tally.loaded);
    let mut decoder = match from {
        Some(from) => Decoder::resume(file.clone(), Arc::clone(profile), SCOPE, settings, &from)?,
        None => Decoder::start(file.clone(), Arc::clone(profile), SCOPE, settings)?,
    };
    let mut middle = None;
    while let Some(chunk) = decoder.next_chunk()? {
        loaded += chunk.months.iter().map(|month| month.rows).sum::<u64>();
        rejected += chunk.rejected;
        let tally = &chunk.checkpoint.tally;
        assert_eq!((tally.loaded, tally.rejected_total()), (loaded, rejected));
        assert_eq!(tally.rows_read, loaded + rejected);
        middle.get_or_insert_with(|| chunk.checkpoint.clone());
        decoder.recycle(chunk);
    }
    Ok((decoder.finish()?, middle))
}

/// Reads any text as a profile; one that is accepted must also read a file without panicking.
pub(crate) fn profile(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(profile) = Profile::parse(text) {
        let file = Bytes::from_static(b"row_id,date,amount\na,2024-01-31,1.50\nb,x,y\n");
        let _ = run(&file, &Arc::new(profile), settings(10, 64), None);
    }
}

/// Reads any text as an amount: what is read is written and read the same.
pub(crate) fn amount(bytes: &[u8]) {
    for profile in PROFILES.iter() {
        if let Ok(money) = profile.amount.read(bytes) {
            assert_eq!(money.to_string().parse::<Money>().ok(), Some(money));
        }
    }
}
