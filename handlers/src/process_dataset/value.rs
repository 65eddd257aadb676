//! What a format gives for one field of one record, before the profile has its say.

use super::reject::RejectReason;
use super::text::date::Date;

/// One value. CSV gives texts alone; JSON Lines also numbers; Parquet everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Nothing is there: no such key, a null. An empty text is a text; the profile's blanks decide.
    Missing,
    /// A text, read as the profile says. Not yet known to be UTF-8 without NUL.
    Text(&'a [u8]),
    /// A number in JSON's grammar (`-12.50`, `1e3`), whatever marks the profile has for texts.
    Number(&'a [u8]),
    /// A day without a time.
    Day(Date),
    /// A day with a time.
    Moment(Moment),
    /// Something is there, but it cannot be the value of a field.
    Unreadable(RejectReason),
}

/// A moment as a format's own type has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Microseconds since 2000-01-01 00:00, in UTC or on the wall clock of wherever it was written.
    pub micros: i64,
    /// It is in UTC. A wall clock's time needs the profile's zone.
    pub utc: bool,
}
