use redis::{RedisError, Script};

use crate::redis::keys::GROUP;

/// Removes consumers with nothing pending that were silent for an hour: those of
/// processes that were killed.
const SWEEP: &str = r"
for _, stream in ipairs(KEYS) do
    local consumers = redis.pcall('XINFO', 'CONSUMERS', stream, ARGV[1])
    if not consumers['err'] then
        for _, fields in ipairs(consumers) do
            local consumer = {}
            for at = 1, #fields, 2 do consumer[fields[at]] = fields[at + 1] end
            if consumer['pending'] == 0 and consumer['idle'] > 3600000 then
                redis.call('XGROUP', 'DELCONSUMER', stream, ARGV[1], consumer['name'])
            end
        end
    end
end
";

/// Sweeps the groups of streams; those that have none are passed over.
pub(super) async fn sweep<C>(connection: &mut C, streams: &[String]) -> Result<(), RedisError>
where
    C: redis::aio::ConnectionLike + Send,
{
    let script = Script::new(SWEEP);
    let mut call = script.prepare_invoke();
    for stream in streams {
        call.key(stream);
    }
    call.arg(GROUP).invoke_async(connection).await
}
