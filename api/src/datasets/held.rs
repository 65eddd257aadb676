//! Bounding what the reader of a form holds in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use futures_util::StreamExt;

/// Bytes that may be read without a part of a field coming out: boundaries and fields' headers are
/// shorter by far, so a form that has more is none.
const HELD_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes that went in since something came out.
#[derive(Clone, Debug, Default)]
pub(super) struct Held(Arc<AtomicUsize>);

impl Held {
    /// The body, which breaks once too much of it is held.
    pub(super) fn bound(&self, body: Body) -> Body {
        let held = Arc::clone(&self.0);
        Body::from_stream(body.into_data_stream().map(move |block| {
            let block = block?;
            let before = held.fetch_add(block.len(), Ordering::Relaxed);
            if before + block.len() > HELD_BYTES_MAX {
                return Err(axum::Error::new("too much without a field"));
            }
            Ok(block)
        }))
    }

    /// Something came out.
    pub(super) fn came_out(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}
