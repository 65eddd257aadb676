//! `[api]`

use std::net::SocketAddr;

use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};

use crate::bytes::Bytes;
use crate::checks::Checks;

/// The HTTP interface.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Address and port to listen on.
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    /// Size of one request's body, uploads excepted.
    pub body_bytes_max: Bytes,
    /// Size of one uploaded file.
    pub upload_bytes_max: Bytes,
    /// Rows of one page of a list.
    pub page_max: u32,
}

impl Api {
    pub(super) fn check(&self, checks: &mut Checks) {
        // Until requests are authenticated, whoever reaches the address may do everything.
        checks.require(
            self.listen.ip().is_loopback(),
            &["api.listen"],
            format_args!("{} can be reached from other machines", self.listen),
            "a loopback address, such as 127.0.0.1:8080: requests are not authenticated yet",
        );
        checks.at_least("api.body_bytes_max", self.body_bytes_max, Bytes::new(1));
        checks.at_least("api.upload_bytes_max", self.upload_bytes_max, Bytes::new(1));
        checks.at_least("api.page_max", self.page_max, 1);
    }
}

/// Reads an address; serde's own error does not say what one looks like.
fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| {
        let expected = "an IP address and a port, such as \"127.0.0.1:8080\"";
        D::Error::invalid_value(Unexpected::Str(&text), &expected)
    })
}
