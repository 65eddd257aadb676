use async_trait::async_trait;
use nexus_config::Redis;
use nexus_jobs::{Lane, QueueName, TransportName};
use redis::aio::ConnectionManager;
use redis::{RedisError, Script, Value};
use uuid::Uuid;

use crate::entry::{Entry, Epoch, write_ids};
use crate::redis::connection::Connector;
use crate::redis::consumer::RedisConsumer;
use crate::redis::keys::{GROUP, of_lane, stream};
use crate::transport::{Consumer, QueueError, Result, Transport};

/// Makes the group where it is missing and then writes a new epoch word; where
/// the group is there, writes the word only if it is missing. From the stream's
/// start: entries outlive their group.
const ENSURE_GROUP: &str = r"
local made = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
if type(made) == 'table' and made['err'] then
    if not string.find(made['err'], 'BUSYGROUP') then return made end
    redis.call('SET', KEYS[2], ARGV[2], 'NX')
else
    redis.call('SET', KEYS[2], ARGV[2])
end
return redis.call('GET', KEYS[2])
";

/// Redis streams. Clones share one connection.
#[derive(Clone, Debug)]
pub struct RedisTransport {
    connector: Connector,
    shared: ConnectionManager,
}

impl RedisTransport {
    /// A transport over `settings.url`. Connects lazily: a server that is away is
    /// an error of each call, not of this one, which fails on a malformed URL only.
    /// To be called on a runtime.
    pub fn new(settings: &Redis) -> Result<Self> {
        let connector = Connector::new(settings)?;
        let shared = connector.shared()?;
        Ok(Self { connector, shared })
    }

    /// The connection that clones share.
    pub(super) fn shared(&self) -> ConnectionManager {
        self.shared.clone()
    }

    fn prefix(&self) -> &str {
        &self.connector.settings().prefix
    }

    /// Pushes once. `None`: the stream or its epoch is missing, and nothing counts.
    async fn try_push(&self, lane: &Lane, entries: &[Entry]) -> Result<Option<Epoch>> {
        let (stream, epoch) = of_lane(self.prefix(), lane);
        let mut pipe = redis::pipe();
        pipe.atomic()
            .cmd("GET")
            .arg(&epoch)
            .cmd("INFO")
            .arg("server");
        for entry in entries {
            pipe.cmd("XADD").arg(&stream).arg("NOMKSTREAM").arg("*");
            pipe.arg("d")
                .arg(entry.dispatch_id)
                .arg("i")
                .arg(write_ids(&entry.job_ids));
            if entry.suspect {
                pipe.arg("s").arg(1);
            }
        }
        let mut replies: Vec<Value> = pipe.query_async(&mut self.shared.clone()).await?;
        if replies
            .iter()
            .skip(2)
            .any(|reply| matches!(reply, Value::Nil))
        {
            return Ok(None);
        }
        let info: String = redis::from_redis_value(replies.swap_remove(1))?;
        let word: Option<String> = redis::from_redis_value(replies.swap_remove(0))?;
        Ok(word.map(|word| join(&word, &info)))
    }
}

/// The epoch: the group's word, and which run of which server holds it.
fn join(word: &str, info: &str) -> Epoch {
    let run = info
        .lines()
        .find_map(|line| line.strip_prefix("run_id:"))
        .unwrap_or("unknown");
    Epoch(format!("{}:{word}:{}", TransportName::Redis, run.trim()))
}

/// Makes a lane's group where it is missing; returns its epoch word.
pub(super) async fn ensure_group<C>(
    connection: &mut C,
    prefix: &str,
    lane: &Lane,
) -> std::result::Result<String, RedisError>
where
    C: redis::aio::ConnectionLike + Send,
{
    let (stream, epoch) = of_lane(prefix, lane);
    let word = Uuid::new_v4().simple().to_string();
    Script::new(ENSURE_GROUP)
        .key(stream)
        .key(epoch)
        .arg(GROUP)
        .arg(&word[..12])
        .invoke_async(connection)
        .await
}

#[async_trait]
impl Transport for RedisTransport {
    async fn push(&self, lane: &Lane, entries: &[Entry]) -> Result<Epoch> {
        if let Some(epoch) = self.try_push(lane, entries).await? {
            return Ok(epoch);
        }
        ensure_group(&mut self.shared.clone(), self.prefix(), lane).await?;
        self.try_push(lane, entries).await?.ok_or_else(|| {
            QueueError::Unavailable(format!("the stream of {lane} vanished while pushing"))
        })
    }

    async fn epoch(&self, lane: &Lane) -> Result<Epoch> {
        let mut shared = self.shared.clone();
        let word = ensure_group(&mut shared, self.prefix(), lane).await?;
        let info: String = redis::cmd("INFO")
            .arg("server")
            .query_async(&mut shared)
            .await?;
        Ok(join(&word, &info))
    }

    async fn consumer(&self, queue: &QueueName, name: &str) -> Result<Box<dyn Consumer>> {
        let consumer = RedisConsumer::new(
            self.connector.clone(),
            self.shared.clone(),
            queue.clone(),
            name.to_owned(),
        );
        Ok(Box::new(consumer))
    }

    async fn depth(&self, lane: &Lane) -> Result<usize> {
        let stream = stream(self.prefix(), &lane.queue, lane.band);
        Ok(redis::cmd("XLEN")
            .arg(stream)
            .query_async(&mut self.shared.clone())
            .await?)
    }

    async fn ping(&self) -> Result<()> {
        Ok(redis::cmd("PING")
            .query_async(&mut self.shared.clone())
            .await?)
    }
}
