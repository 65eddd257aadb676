//! From the encodings of others to UTF-8, faults kept as faults.
//!
//! A Windows-1252 that is only a guess is kept from altering a text: a file of which one byte is
//! stray may hold UTF-8 further on, and `Müller` would come out as `MÃ¼ller`, which looks like any
//! other name. So what is a character in UTF-8 beyond ASCII is a fault there.

use std::io::Read;

use encoding_rs::DecoderResult;

use super::source::Source;
use super::{Encoding, EncodingBasis, InputError};

/// What stands for bytes that mean nothing in the encoding. It is never part of UTF-8, so the
/// record that it lies in, and no other, is rejected; a replacement character would pass.
pub(super) const FAULT: u8 = 0xff;

/// Bytes of the longest character in UTF-8 (RFC 3629).
const UTF8_CHARACTER_BYTES_MAX: usize = 4;

/// Bytes transcoded at a time.
const BLOCK_BYTES: usize = 64 * 1024;

/// Windows-1252 at 80 to 9F, by <https://encoding.spec.whatwg.org/index-windows-1252.txt> but for
/// the five that the code page itself leaves undefined (NUL here).
const WINDOWS_1252: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', //
    '\0', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

/// A text being transcoded.
pub(super) struct Transcoder {
    decoder: Decoder,
    /// Bytes not yet transcoded, to be read into.
    block: Vec<u8>,
    ended: bool,
}

enum Decoder {
    Utf16(encoding_rs::Decoder),
    Latin1,
    Windows1252,
    /// The same where nobody said so. What may be the beginning of a character in UTF-8 waits for
    /// what comes next.
    GuessedWindows1252 {
        waiting: Vec<u8>,
    },
}

impl Transcoder {
    /// `None` for UTF-8, which needs none.
    pub(super) fn new(encoding: Encoding, basis: EncodingBasis) -> Option<Self> {
        let utf16 = |encoding: &'static encoding_rs::Encoding| {
            Decoder::Utf16(encoding.new_decoder_without_bom_handling())
        };
        let decoder = match encoding {
            Encoding::Utf8 => return None,
            Encoding::Utf16Le => utf16(encoding_rs::UTF_16LE),
            Encoding::Utf16Be => utf16(encoding_rs::UTF_16BE),
            Encoding::Latin1 => Decoder::Latin1,
            Encoding::Windows1252 if basis == EncodingBasis::Stated => Decoder::Windows1252,
            Encoding::Windows1252 => Decoder::GuessedWindows1252 {
                waiting: Vec::new(),
            },
        };
        Some(Self {
            decoder,
            block: Vec::new(),
            ended: false,
        })
    }

    /// Reads and transcodes one more block behind `output`; `false` once all is done.
    pub(super) fn advance<R: Read>(
        &mut self,
        source: &mut Source<R>,
        output: &mut Vec<u8>,
    ) -> Result<bool, InputError> {
        if self.ended {
            return Ok(false);
        }
        let mut block = std::mem::take(&mut self.block);
        block.resize(BLOCK_BYTES, 0);
        let count = source.fill(&mut block)?;
        self.decode(&block[..count], count < BLOCK_BYTES, output);
        self.block = block;
        Ok(true)
    }

    /// Transcodes what comes next; `last` where nothing will follow.
    pub(super) fn decode(&mut self, input: &[u8], last: bool, output: &mut Vec<u8>) {
        self.ended = last;
        match &mut self.decoder {
            Decoder::Utf16(decoder) => decode_utf16(decoder, input, last, output),
            Decoder::Latin1 => decode_single(input, output, |byte| Some(char::from(byte))),
            Decoder::Windows1252 => decode_single(input, output, windows_1252),
            Decoder::GuessedWindows1252 { waiting } => {
                waiting.extend_from_slice(input);
                let done = decode_guessed(waiting, last, output);
                waiting.drain(..done);
            }
        }
    }
}

fn windows_1252(byte: u8) -> Option<char> {
    let c = match byte {
        0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => return Some(char::from(byte)),
    };
    (c != '\0').then_some(c)
}

/// As Windows-1252, but a fault for each character in UTF-8. Returns the bytes that are done: all,
/// but for what begins such a character where more may come.
fn decode_guessed(input: &[u8], last: bool, output: &mut Vec<u8>) -> usize {
    let mut rest = input;
    loop {
        let (ascii, beyond) = rest.split_at(encoding_rs::Encoding::ascii_valid_up_to(rest));
        output.extend_from_slice(ascii);
        if beyond.is_empty() {
            return input.len();
        }
        let done = match utf8_character(beyond) {
            Utf8Character::Whole { bytes } => {
                output.push(FAULT);
                bytes
            }
            Utf8Character::Cut if !last => return input.len() - beyond.len(),
            Utf8Character::Cut | Utf8Character::None => {
                decode_single(&beyond[..1], output, windows_1252);
                1
            }
        };
        rest = &beyond[done..];
    }
}

enum Utf8Character {
    Whole { bytes: usize },
    Cut,
    None,
}

/// What the text begins with, read as UTF-8.
fn utf8_character(text: &[u8]) -> Utf8Character {
    let window = &text[..text.len().min(UTF8_CHARACTER_BYTES_MAX)];
    let first = window.utf8_chunks().next();
    match first.and_then(|chunk| chunk.valid().chars().next()) {
        Some(character) => Utf8Character::Whole {
            bytes: character.len_utf8(),
        },
        None if std::str::from_utf8(window).is_err_and(|error| error.error_len().is_none()) => {
            Utf8Character::Cut
        }
        None => Utf8Character::None,
    }
}

fn decode_single(input: &[u8], output: &mut Vec<u8>, character: impl Fn(u8) -> Option<char>) {
    let mut rest = input;
    loop {
        let (ascii, beyond) = rest.split_at(encoding_rs::Encoding::ascii_valid_up_to(rest));
        output.extend_from_slice(ascii);
        let Some((&byte, behind)) = beyond.split_first() else {
            return;
        };
        match character(byte) {
            Some(c) => output.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            None => output.push(FAULT),
        }
        rest = behind;
    }
}

fn decode_utf16(
    decoder: &mut encoding_rs::Decoder,
    input: &[u8],
    last: bool,
    output: &mut Vec<u8>,
) {
    // Three bytes for each unit, and some for what the decoder still holds. Made at once, as a
    // text of nothing but faults stops the decoder at each.
    let room = input.len() / 2 * 3 + 16;
    let mut end = output.len();
    output.resize(end + room, 0);
    let mut rest = input;
    loop {
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(rest, &mut output[end..], last);
        rest = &rest[read..];
        end += written;
        match result {
            DecoderResult::InputEmpty => break,
            DecoderResult::OutputFull => output.resize(output.len() + room, 0),
            DecoderResult::Malformed(..) => {
                if end == output.len() {
                    output.resize(end + room, 0);
                }
                output[end] = FAULT;
                end += 1;
            }
        }
    }
    output.truncate(end);
}
