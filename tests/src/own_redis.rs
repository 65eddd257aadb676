//! A Redis of a test's own, to stop, kill, freeze and wipe.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nexus_config::Redis;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::eventually::{SOON, eventually};

/// What a stopped Redis has when it comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// All that its append-only file holds.
    Data,
    /// Nothing.
    Nothing,
}

/// A private `redis-server` with an append-only file, killed when dropped.
#[derive(Debug)]
pub struct OwnRedis {
    dir: TempDir,
    port: u16,
    server: Option<Child>,
}

impl OwnRedis {
    /// Starts one on a free port.
    pub async fn start() -> Self {
        let mut redis = Self {
            dir: TempDir::with_prefix("nexus-test-redis-").expect("a directory"),
            port: free_port(),
            server: None,
        };
        redis.run().await;
        redis
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Makes settings point at it.
    pub fn put_into(&self, settings: &mut Redis) {
        settings.url = self.url().parse().expect("a URL");
    }

    /// Kills it, as a crash of its machine would.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }

    /// Starts it again, on its port, after a kill.
    pub async fn start_again(&mut self, kept: Kept) {
        assert!(self.server.is_none(), "it runs");
        if kept == Kept::Nothing {
            let file = self.dir.path().join("appendonlydir");
            std::fs::remove_dir_all(file).expect("its append-only files");
        }
        self.run().await;
    }

    /// Stops it from doing anything, without closing a connection.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Deletes every key of it.
    pub async fn flush(&self) {
        let client = redis::Client::open(self.url()).expect("a URL");
        let mut connection = client
            .get_multiplexed_async_connection()
            .await
            .expect("a connection");
        let () = redis::cmd("FLUSHALL")
            .query_async(&mut connection)
            .await
            .expect("a flush");
    }

    fn signal(&self, signal: Signal) {
        let server = self.server.as_ref().expect("it runs");
        let pid = i32::try_from(server.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("a process id"), signal).expect("a signal");
    }

    async fn run(&mut self) {
        let server = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "yes"])
            .args(["--appendfsync", "always", "--port"])
            .arg(self.port.to_string())
            .arg("--dir")
            .arg(self.dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server: install Redis 7");
        self.server = Some(server);
        let url = self.url();
        eventually("a private Redis answers", SOON, async || {
            let client = redis::Client::open(url.as_str()).ok()?;
            let connecting = client.get_multiplexed_async_connection();
            let connecting = tokio::time::timeout(Duration::from_secs(1), connecting);
            let mut connection = connecting.await.ok()?.ok()?;
            let pong: redis::RedisResult<String> =
                redis::cmd("PING").query_async(&mut connection).await;
            pong.ok()
        })
        .await;
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        self.kill();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}
