//! The run's own Kafka: killed, and started again with what it had.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use tokio::time::Instant;

const START_BOUND: Duration = Duration::from_mins(1);
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// A private broker, killed when dropped. Clients find it where it says it is, which is the
/// fault proxy's place.
#[derive(Debug)]
pub struct OwnKafka {
    server: Option<Child>,
    command: Vec<String>,
    log: PathBuf,
    addr: SocketAddr,
}

impl OwnKafka {
    /// Starts one at `addr`, which sends its clients to `advertised`; its files are below `dir`.
    pub async fn start(
        dir: &Path,
        addr: SocketAddr,
        advertised: SocketAddr,
    ) -> anyhow::Result<Self> {
        let advertised = ("NEXUS_KAFKA_ADVERTISED", advertised.to_string());
        Self::start_with(dir, addr, &[advertised]).await
    }

    /// Starts one at `addr`, with these variables, which `scripts/services.d/kafka` explains.
    pub async fn start_with(
        dir: &Path,
        addr: SocketAddr,
        env: &[(&str, String)],
    ) -> anyhow::Result<Self> {
        let services = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/services");
        // The script knows how to run one; we run it, so that it ends when we do.
        let command = Command::new(services)
            .arg("command")
            .arg(dir)
            .args(["kafka", &addr.port().to_string()])
            .envs(env.iter().map(|(name, value)| (name, value)))
            .stderr(Stdio::inherit())
            .output()?;
        ensure!(
            command.status.success(),
            "no Kafka: scripts/setup-kafka fetches it, with Java 17 and Maven"
        );
        let command = String::from_utf8(command.stdout)?;
        let mut broker = Self {
            server: None,
            command: command.lines().map(str::to_owned).collect(),
            log: dir.join("kafka.log"),
            addr,
        };
        broker.start_again().await?;
        Ok(broker)
    }

    /// Kills it, as a crash of its machine would.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut server) = self.server.take() {
            server.kill()?;
            server.wait()?;
        }
        Ok(())
    }

    /// Starts it after a kill, and waits until it answers.
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&self.log)?;
        let server = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .args(&self.command)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("starting Kafka")?;
        self.server = Some(server);
        let deadline = Instant::now() + START_BOUND;
        while !self.answers().await {
            ensure!(
                Instant::now() < deadline,
                "Kafka does not answer, see {}",
                self.log.display()
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    async fn answers(&self) -> bool {
        let brokers = self.addr.to_string();
        let asked = tokio::task::spawn_blocking(move || {
            let client: BaseConsumer = ClientConfig::new()
                .set("bootstrap.servers", brokers)
                .set_log_level(rdkafka::config::RDKafkaLogLevel::Emerg)
                .create()
                .ok()?;
            client.fetch_metadata(None, ANSWER_WITHIN).ok()
        });
        asked.await.ok().flatten().is_some()
    }
}

impl Drop for OwnKafka {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}
