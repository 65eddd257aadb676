//! Telling what is no text at all, where no format's first bytes give it away.

/// Characters to a control character in what is no text. Random bytes have one in eleven; the
/// worst of tables, a stray one in each short line, one in thirty.
const CHARACTERS_TO_A_CONTROL: usize = 16;

/// Control characters below which nothing is said, as a count: in a few bytes they may be chance.
const CONTROLS_MIN: usize = 8;

/// Whether text that begins so, in UTF-8, is full of control characters, as programs' own formats
/// are and text in a wrong encoding is. Those that end lines or separate fields do not count.
pub(super) fn looks_binary(head: &[u8]) -> bool {
    let continuation = |byte: u8| byte & 0xc0 == 0x80;
    let characters = head.iter().filter(|byte| !continuation(**byte)).count();
    let controls = head.iter().filter(|byte| is_control(**byte)).count();
    controls >= CONTROLS_MIN && controls * CHARACTERS_TO_A_CONTROL >= characters
}

fn is_control(byte: u8) -> bool {
    // Start of heading and the four separators are delimiters in exports of data warehouses.
    let separates = matches!(
        byte,
        b'\t' | b'\n' | 0x0b | 0x0c | b'\r' | 0x01 | 0x1c..=0x1f
    );
    byte.is_ascii_control() && !separates
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Bytes as evenly spread as compressed ones are, always the same.
    fn noise(count: usize) -> Vec<u8> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_be_bytes()[0]
        };
        std::iter::repeat_with(next).take(count).collect()
    }

    #[test]
    fn noise_is_binary_and_awkward_text_is_not() {
        assert!(looks_binary(&noise(1 << 16)));
        assert!(looks_binary(&noise(1 << 10)));
        assert!(looks_binary(&[0; 100]));
        assert!(!looks_binary(&[0; 7]));
        assert!(!looks_binary(
            b"a\x01b\x01c\n1\x012\x013\n".repeat(100).as_slice()
        ));
        assert!(!looks_binary(
            b"A123,\x0012.50,NAME OF PAYEE,2024\n"
                .repeat(100)
                .as_slice()
        ));
    }

    proptest! {
        #[test]
        fn printable_text_is_text(text in "[\\PC\t\r\n]{0,200}") {
            prop_assert!(!looks_binary(text.as_bytes()));
        }
    }
}
