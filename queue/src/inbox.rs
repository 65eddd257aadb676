//! The inbox: tasks that stock `apalis-redis` 1.x storage holds, to be moved elsewhere.
//!
//! For a queue that `RedisStorage` calls `NAME`, its keys are:
//!
//! | key | what |
//! |---|---|
//! | `NAME:scheduled` | ids by the second from which they may run; every push goes here |
//! | `NAME:active` | ids that stock workers promoted, or gave back |
//! | `NAME:data` | payloads by id |
//! | `NAME:meta:ID` | attempts, status and the task's own metadata |
//!
//! Taking moves ids to two keys of ours, so that no stock worker takes them too:
//!
//! | key | what |
//! |---|---|
//! | `NAME:nexus:taken` | ids in hand, by the second from which they may run |
//! | `NAME:nexus:holder` | who has the queue in hand, for a while |
//!
//! What was taken stays there, with payload and metadata, until it is settled; whoever takes
//! next after a crash gets it first. So nothing is lost, and a task may be got twice: the
//! caller knows it by its id.

mod keys;
mod task;

use std::time::Duration;

use nexus_config::{Inbox as Settings, Redis};
use redis::aio::ConnectionManager;
use redis::{RedisError, Script};
use uuid::Uuid;

use self::keys::Keys;
pub use self::task::{Payload, Task};
use crate::redis::connection::Connector;
use crate::transport::Result;

/// Moves ids into the hand and reads what is in it; nil where another holder has the queue.
///
/// Reads in bounds: so many ids, about so many bytes, no payload or metadata above a size.
/// No list is unpacked into arguments. It may write to a Redis without room: moving needs
/// none, and what fills it may be what is to be moved.
const TAKE: &str = include_str!("inbox/take.lua");

/// Fields of a task's metadata beyond which only the attempts are read.
const META_FIELDS_MAX: usize = 200;

/// One queue of stock storage.
#[derive(Clone)]
pub struct Inbox {
    connection: ConnectionManager,
    keys: Keys,
    holder: String,
    takeover_after: Duration,
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Inbox({:?})", self.keys)
    }
}

/// How much is taken at once.
#[derive(Clone, Copy, Debug)]
pub struct Chunk {
    /// Tasks.
    pub tasks_max: usize,
    /// Payloads together, about, in bytes.
    pub bytes_max: usize,
    /// One payload, in bytes.
    pub payload_bytes_max: usize,
}

/// Whether a queue is to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// These tasks are in hand; none: the queue is empty.
    Tasks(Vec<Task>),
    /// Another holder has the queue.
    HeldByAnother,
}

impl Inbox {
    /// The queue that `RedisStorage` calls `name`, over a connection of its own to the inbox's
    /// Redis. Connects lazily: a server that is away is an error of each call. To be called on
    /// a runtime.
    pub fn new(name: &str, settings: &Settings, redis: &Redis) -> Result<Self> {
        let mut redis = redis.clone();
        if let Some(url) = &settings.url {
            redis.url.clone_from(url);
        }
        Ok(Self {
            connection: Connector::new(&redis)?.shared()?,
            keys: Keys::of(name),
            holder: Uuid::new_v4().simple().to_string(),
            takeover_after: settings.takeover_after.get(),
        })
    }

    /// Takes the tasks that are due first, those in hand before others, but passes over
    /// `passed`: so the next ones are got while those are not settled yet.
    pub async fn take(&self, chunk: Chunk, passed: &[Task]) -> Result<Taken> {
        let script = Script::new(TAKE);
        let mut call = script.prepare_invoke();
        for key in self.keys.of_take() {
            call.key(key);
        }
        let answer: Option<Vec<redis::Value>> = call
            .arg(self.keys.meta())
            .arg(chunk.tasks_max)
            .arg(chunk.bytes_max)
            .arg(chunk.payload_bytes_max)
            .arg(META_FIELDS_MAX)
            .arg(&self.holder)
            .arg(self.takeover_after.as_millis().to_string())
            .arg(
                passed
                    .iter()
                    .map(|task| task.id.as_slice())
                    .collect::<Vec<_>>(),
            )
            .invoke_async(&mut self.connection.clone())
            .await?;
        let Some(answer) = answer else {
            return Ok(Taken::HeldByAnother);
        };
        let tasks = answer.into_iter().map(Task::read).collect::<Result<_>>()?;
        Ok(Taken::Tasks(tasks))
    }

    /// Removes tasks that are safe elsewhere: their ids, payloads and metadata; of one whose
    /// payload was not read, only the id.
    pub async fn settle(&self, tasks: &[Task]) -> Result<()> {
        // An empty pipe is an error to the client.
        if tasks.is_empty() {
            return Ok(());
        }
        let ids: Vec<&[u8]> = tasks.iter().map(|task| task.id.as_slice()).collect();
        let done = tasks
            .iter()
            .filter(|task| !matches!(task.payload, Payload::TooLarge { .. }));
        let done: Vec<&[u8]> = done.map(|task| task.id.as_slice()).collect();
        let mut pipe = redis::pipe();
        pipe.atomic();
        if !done.is_empty() {
            let metas: Vec<Vec<u8>> = done.iter().map(|id| self.keys.meta_of(id)).collect();
            pipe.cmd("HDEL").arg(self.keys.data()).arg(&done).ignore();
            pipe.cmd("DEL").arg(&metas).ignore();
        }
        pipe.cmd("ZREM").arg(self.keys.taken()).arg(&ids).ignore();
        Ok(pipe.query_async(&mut self.connection.clone()).await?)
    }

    /// Lets another holder have the queue at once. Best effort: it is let go by itself after
    /// `inbox.takeover_after`.
    pub async fn let_go(&self) {
        const LET_GO: &str = r"
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
";
        let let_go: std::result::Result<(), RedisError> = Script::new(LET_GO)
            .key(self.keys.holder())
            .arg(&self.holder)
            .invoke_async(&mut self.connection.clone())
            .await;
        if let Err(error) = let_go {
            tracing::debug!(%error, "the inbox is let go by itself");
        }
    }
}
