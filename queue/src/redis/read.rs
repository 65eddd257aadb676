use std::time::Duration;

use redis::streams::StreamReadReply;
use redis::{RedisError, Script};

use crate::redis::keys::GROUP;

/// Reads what is there, stream after stream, up to a number over all of them: one
/// XREADGROUP would give up to that number from each.
const READ: &str = r"
local left = tonumber(ARGV[3])
local read = {}
for _, stream in ipairs(KEYS) do
    local got = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', left, 'STREAMS', stream, '>')
    if got then
        read[#read + 1] = got[1]
        left = left - #got[1][2]
        if left < 1 then break end
    end
end
return read
";

/// One reader's way of reading: a group's consumer, and how many entries it wants.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading<'a> {
    pub(super) name: &'a str,
    pub(super) streams: &'a [&'a str],
    pub(super) entries_max: usize,
}

impl Reading<'_> {
    /// What is there, the streams in their order.
    pub(super) async fn at_once<C>(self, connection: &mut C) -> Result<StreamReadReply, RedisError>
    where
        C: redis::aio::ConnectionLike + Send,
    {
        let script = Script::new(READ);
        let mut call = script.prepare_invoke();
        for stream in self.streams {
            call.key(*stream);
        }
        call.arg(GROUP).arg(self.name).arg(self.entries_max);
        call.invoke_async(connection).await
    }

    /// What comes first, waiting for it. Should several streams have got something
    /// meanwhile, that many from each.
    pub(super) async fn waiting<C>(
        self,
        connection: &mut C,
        wait: Duration,
    ) -> Result<StreamReadReply, RedisError>
    where
        C: redis::aio::ConnectionLike + Send,
    {
        let reply: Option<StreamReadReply> = redis::cmd("XREADGROUP")
            .arg("GROUP")
            .arg(GROUP)
            .arg(self.name)
            .arg("COUNT")
            .arg(self.entries_max)
            .arg("BLOCK")
            // 0 would wait for ever.
            .arg(wait.as_millis().max(1).to_string())
            .arg("STREAMS")
            .arg(self.streams)
            .arg(vec![">"; self.streams.len()])
            .query_async(connection)
            .await?;
        Ok(reply.unwrap_or_default())
    }
}
