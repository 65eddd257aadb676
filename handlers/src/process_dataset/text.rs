//! Standardising single values: text as it stands in a file to typed values.

pub mod amount;
pub mod blank;
pub mod currency;
pub mod date;
pub mod instant;
pub mod month;
pub mod pattern;
