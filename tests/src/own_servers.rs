//! A Postgres, a Redis, and if need be a Kafka of a test's own, run by `scripts/services`.

use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::Command;

use crate::eventually::{SOON, eventually};
use crate::servers::Servers;

/// Private servers, stopped and wiped when dropped. Starting them takes seconds:
/// for tests that stop or kill Postgres.
#[derive(Debug)]
pub struct OwnServers {
    dir: TempDir,
    kafka: bool,
}

/// Which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The ledger's.
    Postgres,
    /// The broker's.
    Redis,
    /// The other broker's.
    Kafka,
}

impl Which {
    const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Redis => "redis",
            Self::Kafka => "kafka",
        }
    }
}

impl OwnServers {
    /// Starts Postgres and Redis.
    pub async fn start() -> Self {
        Self::start_all(false).await
    }

    /// Starts all three, where Kafka can be had, see [`Servers::kafka_or_skip`].
    pub async fn start_with_kafka() -> Option<Self> {
        Servers::from_env().kafka_or_skip()?;
        Some(Self::start_all(true).await)
    }

    async fn start_all(kafka: bool) -> Self {
        let dir = TempDir::with_prefix("nexus-test-servers-").expect("a directory");
        let servers = Self { dir, kafka };
        servers.start_again().await;
        servers
    }

    /// Starts what does not run, on its port and with its data.
    pub async fn start_again(&self) {
        let output = Command::new(script())
            .arg("start")
            .arg(self.dir.path())
            .arg("--fast")
            .args(self.kafka.then_some("--kafka"))
            .output()
            .await
            .expect("scripts/services");
        assert!(output.status.success(), "scripts/services: {output:?}");
    }

    /// Their URLs.
    pub fn servers(&self) -> Servers {
        let env = std::fs::read_to_string(self.dir.path().join("env")).expect("the URLs");
        let named = |name: &str| {
            env.lines()
                .find_map(|line| {
                    line.strip_prefix("export ")?
                        .strip_prefix(name)?
                        .strip_prefix('=')
                })
                .expect("a URL")
        };
        let servers = Servers::at(named("NEXUS_TEST_POSTGRES"), named("NEXUS_TEST_REDIS"));
        if self.kafka {
            servers.with_kafka(named("NEXUS_TEST_KAFKA"))
        } else {
            servers
        }
    }

    /// Kills a server, as a crash of its machine would, and waits for its end.
    pub async fn kill(&self, which: Which) {
        self.signal(which, Signal::KILL);
        let pid = self.pid(which);
        eventually("a killed server is gone", SOON, async || {
            (!runs(pid)).then_some(())
        })
        .await;
    }

    /// Sends a server's first process a signal: `STOP` freezes a Redis.
    pub fn signal(&self, which: Which, signal: Signal) {
        kill_process(self.pid(which), signal).expect("a signal");
    }

    fn pid(&self, which: Which) -> Pid {
        let file = self.dir.path().join(format!("{}.pid", which.name()));
        let text = std::fs::read_to_string(file).expect("a process id");
        let pid = text
            .split_whitespace()
            .next()
            .and_then(|pid| pid.parse().ok());
        pid.and_then(Pid::from_raw).expect("a process id")
    }
}

/// Whether a process is there and more than a zombie.
fn runs(pid: Pid) -> bool {
    let stat = format!("/proc/{}/stat", pid.as_raw_nonzero());
    std::fs::read_to_string(stat).is_ok_and(|stat| {
        !stat
            .rsplit(") ")
            .next()
            .is_some_and(|rest| rest.starts_with('Z'))
    })
}

impl Drop for OwnServers {
    fn drop(&mut self) {
        let _ = std::process::Command::new(script())
            .arg("stop")
            .arg(self.dir.path())
            .arg("--wipe")
            .output();
    }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/services")
}
