use redis::RedisError;

use crate::transport::QueueError;

/// What a server says that is loading, demoted or in a failover.
const NOT_READY: [&str; 5] = [
    "LOADING",
    "TRYAGAIN",
    "MASTERDOWN",
    "CLUSTERDOWN",
    "READONLY",
];

/// What a server without room says.
const FULL: &str = "OOM";

impl From<RedisError> for QueueError {
    fn from(error: RedisError) -> Self {
        let text = error.to_string();
        if error.is_io_error()
            || error.is_timeout()
            || error.is_connection_dropped()
            || error.is_connection_refusal()
        {
            return Self::Unavailable(text);
        }
        // Of a transaction or pipeline, each command's own: one speaks for all.
        let errors = error.into_server_errors();
        let said = |code: &str| {
            errors
                .iter()
                .flat_map(|e| e.iter())
                .any(|(_, e)| e.code() == code)
        };
        if said(FULL) {
            Self::Full(text)
        } else if NOT_READY.into_iter().any(said) {
            Self::Unavailable(text)
        } else {
            Self::Broker(text)
        }
    }
}

impl From<redis::ParsingError> for QueueError {
    fn from(error: redis::ParsingError) -> Self {
        Self::Broker(error.to_string())
    }
}

/// Whether the group, or the stream under it, is not there, or vanished
/// (`UNBLOCKED`) while a read waited for it.
pub(super) fn no_group(error: &RedisError) -> bool {
    let text = error.to_string();
    ["NOGROUP", "UNBLOCKED"]
        .iter()
        .any(|code| error.code() == Some(code) || text.contains(code))
}
