//! How a profile says what kind of bytes a file has.

use super::super::format::{Format, FormatChoice};
use super::super::input::Encoding;
use super::super::parquet_file::Doubles;
use super::mistakes::Mistakes;

/// What a profile writes where the file's bytes are to tell.
const AUTO: &str = "auto";

pub(super) fn format(text: Option<&str>, mistakes: &mut Mistakes) -> Option<FormatChoice> {
    let Some(text) = text.filter(|text| *text != AUTO) else {
        return Some(FormatChoice::Auto);
    };
    let stated = mistakes.named("format", text, &Format::ALL, Format::name);
    stated.map(FormatChoice::Stated)
}

/// `None`: the bytes tell, or it is a mistake.
pub(super) fn encoding(text: Option<&str>, mistakes: &mut Mistakes) -> Option<Encoding> {
    let text = text.filter(|text| *text != AUTO)?;
    mistakes.named("encoding", text, &Encoding::ALL, Encoding::as_str)
}

pub(super) fn doubles(text: Option<&str>, mistakes: &mut Mistakes) -> Option<Doubles> {
    match text {
        None => Some(Doubles::Refuse),
        Some(text) => mistakes.named("parquet.doubles", text, &Doubles::ALL, Doubles::name),
    }
}
