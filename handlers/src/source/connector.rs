//! The one way to a store: HTTP over connections to addresses that are allowed.
//!
//! The address is judged where the connection is made, after the name was looked up and for
//! literal addresses alike, so that no answer of a name server can lead elsewhere. No proxy of the
//! environment is used and no redirect is followed: nothing here does either.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use async_trait::async_trait;
use http_body_util::BodyExt as _;
use hyper::{StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody,
    HttpResponse, HttpResponseBody, HttpService,
};
use tokio::net::TcpStream;

use super::addresses::is_public;

type Answer<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The endpoint leads to an address that is not public, which its store does not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its endpoint {}, which is not a public address", Led(.host, .address))]
pub(super) struct NotPublic {
    pub(super) host: String,
    pub(super) address: IpAddr,
}

/// How a host led to an address.
struct Led<'a>(&'a str, &'a IpAddr);

impl fmt::Display for Led<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(host, address) = self;
        if *host == address.to_string() {
            write!(f, "is {address}")
        } else {
            write!(f, "{host} leads to {address}")
        }
    }
}

/// The store answers with a status that another try would meet again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it answers {0}")]
pub(super) struct Refused(pub(super) StatusCode);

/// What a store's connections may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowed {
    /// Addresses that are not public, too.
    pub(super) private: bool,
    /// No encryption, where the endpoint says `http://`.
    pub(super) http: bool,
}

/// Makes the client that a store's requests go through.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    client: HttpClient,
}

impl Connector {
    /// Reads the machine's certificates, unless `SSL_CERT_FILE` or `SSL_CERT_DIR` names others.
    pub(super) fn new(allowed: Allowed) -> io::Result<Self> {
        let schemes = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())?;
        let protocols = if allowed.http {
            schemes.https_or_http()
        } else {
            schemes.https_only()
        };
        let guarded = Guarded {
            private: allowed.private,
        };
        let connector = protocols.enable_http1().wrap_connector(guarded);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self {
            client: HttpClient::new(StoreClient(client)),
        })
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(self.client.clone())
    }
}

#[derive(Debug)]
struct StoreClient(Client<HttpsConnector<Guarded>, HttpRequestBody>);

#[async_trait]
impl HttpService for StoreClient {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answer = self.0.request(request).await.map_err(|error| {
            let kind = if error.is_connect() {
                HttpErrorKind::Connect
            } else {
                HttpErrorKind::Request
            };
            HttpError::new(kind, error)
        })?;
        if is_final(answer.status()) {
            let refused = Refused(answer.status());
            return Err(HttpError::new(HttpErrorKind::Unknown, refused));
        }
        let cut = |error| HttpError::new(HttpErrorKind::Interrupted, error);
        Ok(answer.map(|body| HttpResponseBody::new(body.map_err(cut))))
    }
}

/// Whether a status says that the request itself is wrong. Those that `object_store` has an error
/// for, and those that pass, are left to it.
fn is_final(status: StatusCode) -> bool {
    let known = [304, 401, 403, 404, 408, 409, 412, 425, 429];
    (status.is_redirection() || status.is_client_error()) && !known.contains(&status.as_u16())
}

/// Opens TCP connections.
#[derive(Clone, Debug)]
struct Guarded {
    private: bool,
}

impl tower::Service<Uri> for Guarded {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Answer<Self::Response>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let private = self.private;
        Box::pin(async move {
            let (host, port) = place(&uri)?;
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await?.collect();
            admit(host, &found, private)?;
            let stream = TcpStream::connect(&found[..]).await?;
            stream.set_nodelay(true)?;
            Ok(TokioIo::new(stream))
        })
    }
}

/// Host and port of a URI.
fn place(uri: &Uri) -> Result<(&str, u16), BoxError> {
    let host = uri.host().ok_or("the endpoint has no host")?;
    let usual = if uri.scheme_str() == Some("http") {
        80
    } else {
        443
    };
    // The address of IPv6 stands in brackets there.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Ok((host, uri.port_u16().unwrap_or(usual)))
}

/// Refuses a host of which one address is not public, even if others are: no store has both.
fn admit(host: &str, found: &[SocketAddr], private: bool) -> Result<(), NotPublic> {
    let refused = found
        .iter()
        .find(|found| !private && !is_public(found.ip()));
    refused.map_or(Ok(()), |refused| {
        Err(NotPublic {
            host: host.to_owned(),
            address: refused.ip(),
        })
    })
}

#[cfg(test)]
mod tests {
    use tower::Service as _;

    use super::*;

    async fn refused(uri: &str) -> String {
        let uri = uri.parse().unwrap();
        let answer = Guarded { private: false }.call(uri).await;
        let error = answer.err().unwrap();
        error
            .downcast_ref::<NotPublic>()
            .map(ToString::to_string)
            .unwrap()
    }

    #[tokio::test]
    async fn names_and_literal_addresses_are_judged_alike() {
        // Something listens there: it is not for want of a server that they are refused.
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        for host in [
            "127.0.0.1",
            "localhost",
            "[::ffff:127.0.0.1]",
            "2130706433",
            "0x7f.1",
            "0",
        ] {
            let text = refused(&format!("http://{host}:{port}/bucket/key")).await;
            assert!(
                text.ends_with("which is not a public address"),
                "{host}: {text}"
            );
        }
        let uri = format!("http://127.0.0.1:{port}/").parse().unwrap();
        Guarded { private: true }.call(uri).await.unwrap();
    }

    #[test]
    fn one_address_that_is_not_public_is_one_too_many() {
        let at = |texts: &[&str]| -> Vec<SocketAddr> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let mixed = at(&["1.1.1.1:443", "10.0.0.1:443"]);
        let error = admit("rebinding.example", &mixed, false).unwrap_err();
        insta::assert_snapshot!(error, @"its endpoint rebinding.example leads to 10.0.0.1, which is not a public address");
        assert_eq!(admit("h", &mixed, true), Ok(()));
        assert_eq!(
            admit("h", &at(&["1.1.1.1:443", "[2600::1]:443"]), false),
            Ok(())
        );
    }

    #[test]
    fn a_redirect_and_a_wrong_request_are_final() {
        let of = |status| is_final(StatusCode::from_u16(status).unwrap());
        assert!([301, 307, 400, 405, 416].into_iter().all(of));
        assert!(
            ![200, 206, 304, 403, 404, 412, 429, 500, 503]
                .into_iter()
                .any(of)
        );
    }

    #[test]
    fn a_uri_s_place_has_the_usual_port() {
        let of = |uri: &str| {
            let uri = uri.parse().unwrap();
            let (host, port) = place(&uri).unwrap();
            (host.to_owned(), port)
        };
        assert_eq!(of("https://h/x"), ("h".to_owned(), 443));
        assert_eq!(of("http://h/x"), ("h".to_owned(), 80));
        assert_eq!(of("https://[2600::1]:9000/x"), ("2600::1".to_owned(), 9000));
    }
}
