//! Who asks: the one place where a request gets its identity.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use nexus_jobs::Actor;

/// The actor that a mutation records. Requests are not authenticated yet, so it tells no more than
/// where they came from.
#[derive(Clone, Debug)]
pub(crate) struct Requester(pub(crate) Actor);

impl<S: Sync> FromRequestParts<S> for Requester {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(match peer {
            Some(ConnectInfo(peer)) => Actor::named(format!("api:anonymous@{}", peer.ip())),
            None => Actor::named("api:anonymous"),
        }))
    }
}
