//! End-to-end tests, through the front door, against real servers.
//!
//! One binary, a module a theme: it links once, and tests of all themes run side
//! by side. Run them with `make test`; CONTRIBUTING.md says how to run one.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod claim;
mod enqueue;
mod redis_transport;
mod settle;
