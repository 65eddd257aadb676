//! The HTTP interface, asked over HTTP.

mod cases;
mod datasets;
mod docs;
mod health;
mod jobs;
mod metrics;
mod pages;
mod refusals;
mod stop;
mod uploads;
