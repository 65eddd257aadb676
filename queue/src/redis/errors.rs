use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::transport::QueueError;

impl From<RedisError> for QueueError {
    fn from(error: RedisError) -> Self {
        let text = error.to_string();
        match error.kind() {
            _ if error.code() == Some("OOM") => Self::Full(text),
            _ if error.is_io_error()
                || error.is_timeout()
                || error.is_connection_dropped()
                || error.is_connection_refusal() =>
            {
                Self::Unavailable(text)
            }
            ErrorKind::Server(
                ServerErrorKind::BusyLoading
                | ServerErrorKind::TryAgain
                | ServerErrorKind::MasterDown
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::ReadOnly,
            ) => Self::Unavailable(text),
            _ => Self::Broker(text),
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
