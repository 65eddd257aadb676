//! Quotes that stand around a whole text.

/// Opening and closing marks: straight, English, German, French and Swiss, Danish.
const PAIRS: [(&str, &str); 12] = [
    ("\"", "\""),
    ("'", "'"),
    ("“", "”"),
    ("‘", "’"),
    ("„", "“"),
    ("„", "”"),
    ("‚", "‘"),
    ("«", "»"),
    ("»", "«"),
    ("‹", "›"),
    ("›", "‹"),
    ("”", "”"),
];

/// The text without one pair of matching quotes around it. Where one of the two also stands
/// inside (`"A" and "B"`), they are not known to be a pair, and stay.
pub(super) fn strip_quotes(text: &[u8]) -> &[u8] {
    if text.first().is_none_or(u8::is_ascii_alphanumeric) {
        return text;
    }
    let Ok(whole) = std::str::from_utf8(text) else {
        return text;
    };
    let inside = PAIRS.iter().find_map(|(opening, closing)| {
        let inside = whole.strip_prefix(opening)?.strip_suffix(closing)?;
        let pair = !inside.contains(opening) && !inside.contains(closing);
        pair.then_some(inside)
    });
    inside.map_or(text, str::as_bytes)
}
