//! A value held beyond its row: inline, of bounded size.

use super::kind::ValueKind;

/// Bytes of a text that a report shows; what is longer ends in `…`.
pub(super) const VALUE_BYTES_MAX: usize = 64;
/// One byte more is held, which tells whether there was more to show.
const HELD_BYTES: usize = VALUE_BYTES_MAX + 1;

/// The first bytes of a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    length: u8,
    bytes: [u8; HELD_BYTES],
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            length: 0,
            bytes: [0; HELD_BYTES],
        }
    }
}

impl Kept {
    #[inline]
    pub(super) fn of(value: &[u8]) -> Self {
        let mut kept = Self::default();
        let head = Self::head(value);
        kept.bytes[..head.len()].copy_from_slice(head);
        // At most 65.
        kept.length = u8::try_from(head.len()).unwrap_or_default();
        kept
    }

    /// The part of a value that would be held.
    #[inline]
    pub(super) fn head(value: &[u8]) -> &[u8] {
        &value[..value.len().min(HELD_BYTES)]
    }

    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// As text for people.
    pub(super) fn show(&self, kind: ValueKind) -> String {
        kind.show(self.bytes(), VALUE_BYTES_MAX)
    }
}
