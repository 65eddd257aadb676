//! Letting a caller finish sending what was refused.
//!
//! Most clients read the answer only after they have sent the whole body. A connection that is
//! closed before that shows them a broken pipe in place of the 413 that says why, so what is left of
//! the body is read and thrown away, within bounds.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody};
use axum::extract::Request;
use axum::http::header::EXPECT;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{StreamExt, stream};

/// How much of a refused body is thrown away, in bytes.
const DISCARD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How long that may take.
const DISCARD_WITHIN: Duration = Duration::from_secs(5);

/// The body of a request, still there after its handler dropped it.
#[derive(Debug)]
struct Rest {
    stream: BodyDataStream,
    /// Whether anything was read: a caller that waits for leave to send (`Expect`) has it by then.
    begun: bool,
    ended: bool,
}

/// Reads what the handler left of the body when it refused the request.
pub(crate) async fn lingering(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let waits = request.headers().contains_key(EXPECT);
    let (parts, body) = request.into_parts();
    let rest = Arc::new(Mutex::new(Rest {
        stream: body.into_data_stream(),
        begun: false,
        ended: false,
    }));
    let read = Arc::clone(&rest);
    let body = Body::from_stream(stream::poll_fn(move |context| poll(&read, context)));
    let response = next.run(Request::from_parts(parts, body)).await;
    let sending = {
        let rest = rest.lock().unwrap_or_else(PoisonError::into_inner);
        !rest.ended && (rest.begun || !waits)
    };
    if sending && response.status().is_client_error() {
        let discarded = tokio::time::timeout(DISCARD_WITHIN, discard(&rest)).await;
        tracing::debug!(?discarded, "the rest of a refused body");
    }
    response
}

type Block = Result<axum::body::Bytes, axum::Error>;

fn poll(rest: &Mutex<Rest>, context: &mut Context<'_>) -> Poll<Option<Block>> {
    let mut rest = rest.lock().unwrap_or_else(PoisonError::into_inner);
    if rest.ended {
        return Poll::Ready(None);
    }
    rest.begun = true;
    let polled = rest.stream.poll_next_unpin(context);
    rest.ended = matches!(polled, Poll::Ready(None | Some(Err(_))));
    polled
}

/// Throws blocks away up to the bound; returns how many bytes.
async fn discard(rest: &Mutex<Rest>) -> usize {
    let mut bytes = 0;
    let mut blocks = stream::poll_fn(|context| poll(rest, context));
    while bytes < DISCARD_BYTES_MAX
        && let Some(Ok(block)) = blocks.next().await
    {
        bytes += block.len();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::StatusCode;
    use axum::{middleware, routing};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tower::ServiceExt;

    use super::*;

    /// Sends ten blocks to a handler that refuses unread; how many of them were taken.
    async fn taken(status: StatusCode, expect: bool) -> usize {
        let counter = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&counter);
        let blocks = stream::iter(0..10).map(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Block::Ok("x".into())
        });
        let mut request = Request::post("/");
        if expect {
            request = request.header(EXPECT, "100-continue");
        }
        let request = request.body(Body::from_stream(blocks)).unwrap();
        let routes: Router = Router::new()
            .route("/", routing::post(move || async move { status }))
            .layer(middleware::from_fn(lingering));
        assert_eq!(routes.oneshot(request).await.unwrap().status(), status);
        counter.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn only_what_is_refused_and_on_its_way_is_thrown_away() {
        assert_eq!(taken(StatusCode::PAYLOAD_TOO_LARGE, false).await, 10);
        assert_eq!(taken(StatusCode::PAYLOAD_TOO_LARGE, true).await, 0);
        assert_eq!(taken(StatusCode::OK, false).await, 0);
    }
}
