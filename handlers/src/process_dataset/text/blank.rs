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

/// Without the ASCII white space around it. Most fields have none, which two looks settle.
#[inline]
pub fn trim(field: &[u8]) -> &[u8] {
    match field {
        [first, .., last] if *first > b' ' && *last > b' ' => field,
        _ => field.trim_ascii(),
    }
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
}
