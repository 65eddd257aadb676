//! Standardising single values: text as it stands in a file to typed values.

pub mod amount;
pub mod blank;
pub mod clean;
pub mod currency;
pub mod date;
mod decimal;
pub mod instant;
pub mod month;
pub mod pattern;
pub mod steps;
pub mod written;
pub mod zone;
