//! Which texts mean that nothing is there.

/// The texts that a profile takes for a null, besides the empty one.
#[derive(Clone, Debug, Default)]
pub struct Blanks {
    texts: Vec<Box<[u8]>>,
    longest: usize,
}

impl Blanks {
    /// Texts that count as nothing, compared exactly, after trimming. The empty text always does.
    pub fn new<T: AsRef<str>>(texts: &[T]) -> Self {
        let texts: Vec<Box<[u8]>> = texts
            .iter()
            .map(|text| Box::from(text.as_ref().trim().as_bytes()))
            .collect();
        let longest = texts.iter().map(|text| text.len()).max().unwrap_or(0);
        Self { texts, longest }
    }

    /// What the field says, without the white space around it; `None` where it says nothing.
    #[inline]
    pub fn value<'a>(&self, field: &'a [u8]) -> Option<&'a [u8]> {
        let text = trim(field);
        if text.len() <= self.longest {
            let blank = text.is_empty() || self.texts.iter().any(|blank| **blank == *text);
            return (!blank).then_some(text);
        }
        (!text.is_empty()).then_some(text)
    }
}

/// Without the white space around it: ASCII's, the no-break space, and the marks of no width that
/// stray into files (U+FEFF, U+200B). Most fields begin and end with visible ASCII, which two
/// looks settle.
#[inline]
pub fn trim(field: &[u8]) -> &[u8] {
    match field {
        [b'!'..=b'~', .., b'!'..=b'~'] => field,
        _ => trim_widely(field),
    }
}

/// In UTF-8 none of them is a part of another character.
const WIDE_BLANKS: [&[u8]; 3] = [
    "\u{a0}".as_bytes(),
    "\u{feff}".as_bytes(),
    "\u{200b}".as_bytes(),
];

fn trim_widely(field: &[u8]) -> &[u8] {
    let mut text = field.trim_ascii();
    while let Some(less) = WIDE_BLANKS.iter().find_map(|blank| {
        text.strip_prefix(*blank)
            .or_else(|| text.strip_suffix(*blank))
    }) {
        text = less.trim_ascii();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_compared_after_trimming() {
        let blanks = Blanks::new(&["NULL", "-"]);
        for nothing in ["", "  ", "NULL", " - ", "\tNULL"] {
            assert_eq!(blanks.value(nothing.as_bytes()), None, "{nothing:?}");
        }
        for (something, text) in [("null", "null"), (" a b ", "a b"), ("--", "--"), ("x", "x")] {
            assert_eq!(blanks.value(something.as_bytes()), Some(text.as_bytes()));
        }
        assert_eq!(Blanks::default().value(b"NULL"), Some(b"NULL".as_slice()));
    }
    #[test]
    fn blanks_beyond_ascii_count_at_the_ends_alone() {
        for (field, text) in [
            ("\u{feff}id", "id"),
            ("\u{a0} 12,50\u{a0}€\u{a0}", "12,50\u{a0}€"),
            (" \u{200b}\u{a0} ", ""),
            ("\u{a0}", ""),
            ("à", "à"),
            ("é à", "é à"),
            ("x", "x"),
        ] {
            assert_eq!(trim(field.as_bytes()), text.as_bytes(), "{field:?}");
        }
        // What is no UTF-8 is left to those who say so.
        assert_eq!(trim(b"\xa0x\xff"), b"\xa0x\xff");
    }
}
