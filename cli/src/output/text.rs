//! Text that others wrote, made fit for a terminal.

/// On one line and without control characters, which could move the cursor or worse.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace(char::is_control, "\u{fffd}")
}

/// Without control characters but the line's end.
pub(crate) fn lines(text: &str) -> String {
    text.replace('\t', "    ")
        .replace(|c: char| c.is_control() && c != '\n', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_but_text() {
        assert_eq!(one_line("a\n b\t\x1b[2Jc"), "a b \u{fffd}[2Jc");
        assert_eq!(lines("a\n\tb\r\x07"), "a\n    b\u{fffd}\u{fffd}");
    }
}
