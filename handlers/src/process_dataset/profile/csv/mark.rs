//! A short text that stands between fields, or at the beginning of lines.

/// Bytes that a mark may have.
const MARK_BYTES_MAX: usize = 8;

/// One to eight bytes of UTF-8, kept in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    bytes: [u8; MARK_BYTES_MAX],
    len: u8,
}

impl Mark {
    /// One byte. It should be ASCII, as anything else is no text by itself.
    pub const fn byte(byte: u8) -> Self {
        Self {
            bytes: [byte, 0, 0, 0, 0, 0, 0, 0],
            len: 1,
        }
    }

    /// A text of at most `bytes_max` bytes, or eight, without line ends and NUL.
    pub fn new(text: &str, bytes_max: usize) -> Option<Self> {
        let fits = (1..=bytes_max.min(MARK_BYTES_MAX)).contains(&text.len());
        if !fits || text.contains(['\r', '\n', '\0']) {
            return None;
        }
        let mut bytes = [0; MARK_BYTES_MAX];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        let len = u8::try_from(text.len()).ok()?;
        Some(Self { bytes, len })
    }

    /// The text's bytes.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// The first of them.
    #[inline]
    pub const fn first(&self) -> u8 {
        self.bytes[0]
    }

    /// The only one of them, if so.
    pub const fn single(&self) -> Option<u8> {
        if self.len == 1 {
            Some(self.bytes[0])
        } else {
            None
        }
    }
}
