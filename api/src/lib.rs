//! The HTTP interface: REST, health and metrics, described by OpenAPI.
//!
//! | idea | file |
//! |---|---|
//! | listening, and stopping | [`server`] |
//! | what the handlers work with | [`app`] |
//! | every route | [`mod@router`] |
//! | only this machine may ask | `local` |
//! | who asks | `actor` |
//! | one shape for every error | `error` |
//! | reading requests: JSON, queries, ids | `extract`, `body` |
//! | letting refused callers finish | `linger` |
//! | pages of lists | `page` |
//! | `/v1/jobs`, `/v1/cases`, `/v1/datasets` | `jobs`, `cases`, `datasets` |
//! | `/v1/workflows` | `workflows` |
//! | `/v1/queues`, `/v1/workers` | `queues`, `workers` |
//! | `/v1/schedules`, `/v1/triggers` | `schedules`, `triggers` |
//! | `/healthz`, `/readyz`, `/health/…` | `health` |
//! | `/metrics` | `metrics` |
//! | request ids in the log | `trace` |
//!
//! Absent on purpose: SQL, and any rule about jobs. A handler reads a request,
//! calls the one function that the command line calls too, and writes a response.

mod actor;
pub mod app;
mod body;
mod cases;
mod datasets;
mod dead;
mod error;
mod extract;
mod health;
mod jobs;
mod limits;
mod linger;
mod local;
mod metrics;
mod page;
mod queues;
pub mod router;
mod schedules;
pub mod server;
mod trace;
mod triggers;
mod workers;
mod workflows;

pub use app::{Bus, Parts};
pub use router::{openapi, router};
pub use server::{Server, ServerError};
