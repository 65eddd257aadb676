//! The HTTP interface, asked over HTTP.

mod cases;
mod datasets;
mod docs;
mod health;
mod jobs;
mod kafka_metrics;
mod metrics;
mod pages;
mod refusals;
mod schedules;
mod stop;
mod uploads;
mod workflows;
