use redis::{RedisError, Script};

use crate::redis::errors::no_group;
use crate::redis::keys::GROUP;

/// Holds what leaving consumers had, until somebody takes it over.
const GIVEN_BACK: &str = "given-back";

/// Entries handed over in one call, which holds up the server meanwhile.
const HANDED_OVER_MAX: usize = 1000;

/// Hands a consumer's entries to [`GIVEN_BACK`], long idle, so that whoever looks
/// next takes them over; then deletes the consumer. In this order and in one
/// script, since deleting a consumer drops what it holds.
const LEAVE: &str = r"
local held = redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', ARGV[4], ARGV[2])
for _, entry in ipairs(held) do
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[3], 0, entry[1], 'IDLE', ARGV[5], 'JUSTID')
end
if #held < tonumber(ARGV[4]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
end
return #held
";

/// Makes a consumer leave a stream's group. No error where there is no group.
pub(super) async fn leave<C>(connection: &mut C, stream: &str, name: &str) -> Result<(), RedisError>
where
    C: redis::aio::ConnectionLike + Send,
{
    const LONG_AGO_MS: u64 = 24 * 3600 * 1000;
    let script = Script::new(LEAVE);
    loop {
        let handed_over: Result<usize, _> = script
            .key(stream)
            .arg(GROUP)
            .arg(name)
            .arg(GIVEN_BACK)
            .arg(HANDED_OVER_MAX)
            .arg(LONG_AGO_MS)
            .invoke_async(connection)
            .await;
        match handed_over {
            Ok(count) if count < HANDED_OVER_MAX => return Ok(()),
            Ok(_) => {}
            Err(error) if no_group(&error) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}
