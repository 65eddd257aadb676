//! The run's own Redis: killed, wiped, and out of disk.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::time::Instant;

use super::small_disk::SmallDisk;
use crate::own_redis::Kept;

const START_BOUND: Duration = Duration::from_secs(30);

/// A private Redis with an append-only file synced every second, killed when dropped.
#[derive(Debug)]
pub struct OwnBroker {
    server: Option<Child>,
    disk: Option<SmallDisk>,
    dir: PathBuf,
    log: PathBuf,
    port: u16,
}

impl OwnBroker {
    /// Starts one on a free port, its files below `dir`, on a small disk where that can be.
    pub async fn start(dir: &Path) -> anyhow::Result<Self> {
        let home = dir.join("redis");
        std::fs::create_dir(&home)?;
        let mut broker = Self {
            server: None,
            disk: SmallDisk::over(&home)?,
            dir: home,
            log: dir.join("redis.log"),
            port: super::ports::free()?,
        };
        broker.start_again(Kept::Data).await?;
        Ok(broker)
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// Whether its disk can be filled.
    pub const fn has_small_disk(&self) -> bool {
        self.disk.is_some()
    }

    /// Kills it, as a crash of its machine would.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut server) = self.server.take() {
            server.kill()?;
            server.wait()?;
        }
        Ok(())
    }

    /// Starts it after a kill, on its port, and waits until it has read its file. One that cannot
    /// read what a full disk left of its file is started empty, as its operator would.
    pub async fn start_again(&mut self, kept: Kept) -> anyhow::Result<()> {
        if kept == Kept::Nothing {
            self.forget()?;
        }
        let mut may_forget = kept == Kept::Data;
        self.server = Some(self.spawn()?);
        let deadline = Instant::now() + START_BOUND;
        while self.ask(&["PING"]).await.as_deref() != Ok("PONG") {
            ensure!(
                Instant::now() < deadline,
                "Redis does not answer, see {}",
                self.log.display()
            );
            let server = self.server.as_mut();
            let has_ended = server.is_some_and(|server| matches!(server.try_wait(), Ok(Some(_))));
            if has_ended && may_forget {
                may_forget = false;
                self.forget()?;
                self.server = Some(self.spawn()?);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    fn forget(&self) -> anyhow::Result<()> {
        Ok(std::fs::remove_dir_all(self.files().join("appendonlydir"))?)
    }

    /// Fills its disk for a while. Returns whether it refused to write meanwhile.
    pub async fn fill_disk(&self, lasts: Duration) -> anyhow::Result<bool> {
        let disk = self.disk.as_ref().context("no small disk")?;
        disk.fill()?;
        let deadline = Instant::now() + lasts;
        let mut refused = false;
        while Instant::now() < deadline {
            let answer = self.ask(&["SET", "chaos:probe", "1"]).await;
            refused |= answer.is_err_and(|error| error.contains("MISCONF"));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        disk.clear()?;
        Ok(refused)
    }

    fn files(&self) -> PathBuf {
        self.disk
            .as_ref()
            .map_or_else(|| self.dir.clone(), SmallDisk::seen)
    }

    fn spawn(&self) -> anyhow::Result<Child> {
        let mut command = match &self.disk {
            Some(disk) => disk.command("redis-server"),
            None => {
                let mut command = Command::new("setpriv");
                command.args(["--pdeathsig", "KILL", "--", "redis-server"]);
                command
            }
        };
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "yes"]);
        command.args(["--appendfsync", "everysec"]);
        command.args(["--maxmemory-policy", "noeviction"]);
        // So that the file stays small: the disk is.
        command.args(["--auto-aof-rewrite-min-size", "4mb", "--port"]);
        command.arg(self.port.to_string());
        command.arg("--dir").arg(&self.dir);
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&self.log)?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?);
        command.stderr(log).spawn().context("starting Redis")
    }

    /// A command's answer, or why there is none.
    async fn ask(&self, words: &[&str]) -> Result<String, String> {
        let act = async {
            let client = redis::Client::open(format!("redis://{}/0", self.addr()))?;
            let mut connection = client.get_multiplexed_async_connection().await?;
            let mut command = redis::cmd(words[0]);
            for word in &words[1..] {
                command.arg(word);
            }
            command.query_async(&mut connection).await
        };
        let bound = Duration::from_secs(1);
        let answer: redis::RedisResult<String> = tokio::time::timeout(bound, act)
            .await
            .map_err(|_| "no answer".to_owned())?;
        answer.map_err(|error| error.to_string())
    }
}

impl Drop for OwnBroker {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}
