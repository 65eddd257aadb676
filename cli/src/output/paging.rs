//! The way to the next page of a list.

use std::fmt::Display;

use super::look::Look;
use super::style::Style;

/// Where the page after these ids starts: after the last one, if the page is full.
pub(crate) fn next(ids: impl ExactSizeIterator<Item = i64>, limit: u32) -> Option<i64> {
    let full = u32::try_from(ids.len()).is_ok_and(|rows| rows >= limit);
    ids.last().filter(|_| full)
}

/// The option that gives the next page, as a line; nothing at the end.
pub(crate) fn more(look: &Look, option: &str, next: Option<impl Display>) -> String {
    next.map(|next| look.paint(Style::Dim, &format!("more: {option} {next}")) + "\n")
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_full_page_has_a_next_one() {
        assert_eq!(next([9, 8, 7].into_iter(), 3), Some(7));
        assert_eq!(next([9, 8].into_iter(), 3), None);
        assert_eq!(next([].into_iter(), 1), None);
        assert_eq!(
            more(&Look::fixed(), "--before", Some(7)),
            "more: --before 7\n"
        );
        assert_eq!(more(&Look::fixed(), "--before", None::<i64>), "");
    }
}
