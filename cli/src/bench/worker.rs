//! A real `nexus work` process, whose memory can be read.

use std::process::Stdio;

use anyhow::Context as _;
use nexus_config::Settings;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

/// A worker process; killed when dropped, drained by [`Self::stop`].
pub(super) struct Worker {
    child: Child,
}

impl Worker {
    /// Starts one over the same servers, for these queues alone.
    pub(super) fn start(settings: &Settings, queues: &str) -> anyhow::Result<Self> {
        Self::of(&["work"], settings, queues)
    }

    /// Starts one whose jobs last until it is killed.
    pub(super) fn lingering(settings: &Settings, queues: &str) -> anyhow::Result<Self> {
        Self::of(&["bench", "lingering"], settings, queues)
    }

    fn of(command: &[&str], settings: &Settings, queues: &str) -> anyhow::Result<Self> {
        let roots: Vec<String> = settings
            .datasets
            .roots
            .iter()
            .map(|root| root.display().to_string())
            .collect();
        let child = Command::new(std::env::current_exe()?)
            .args(command)
            .env(
                "NEXUS_POSTGRES__APP_URL",
                settings.postgres.app_url.expose(),
            )
            .env(
                "NEXUS_POSTGRES__LOADER_URL",
                settings.postgres.loader_url.expose(),
            )
            .env("NEXUS_REDIS__URL", settings.redis.url.expose())
            .env("NEXUS_REDIS__PREFIX", &settings.redis.prefix)
            .env("NEXUS_KAFKA__BROKERS", &settings.kafka.brokers)
            .env("NEXUS_KAFKA__PREFIX", &settings.kafka.prefix)
            .env("NEXUS_LEASE__TTL", settings.lease.ttl.to_string())
            .env(
                "NEXUS_LEASE__HEARTBEAT",
                settings.lease.heartbeat.to_string(),
            )
            .env("NEXUS_RESCUE__EVERY", settings.rescue.every.to_string())
            .env("NEXUS_WORKERS__QUEUES", queues)
            .env("NEXUS_DATASETS__ROOTS", roots.join(","))
            .env("NEXUS_LOG__FILTER", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("starting a worker process")?;
        Ok(Self { child })
    }

    /// Its process id.
    pub(super) fn pid(&self) -> anyhow::Result<u32> {
        self.child.id().context("the worker process has ended")
    }

    /// The most memory it has had resident so far, in MiB.
    pub(super) fn peak_rss_mib(&self) -> anyhow::Result<f64> {
        self.status_mib("VmHWM:")
    }

    /// The memory it has resident now, in MiB.
    pub(super) fn rss_mib(&self) -> anyhow::Result<f64> {
        self.status_mib("VmRSS:")
    }

    /// How many files, sockets and pipes it has open.
    pub(super) fn descriptors(&self) -> anyhow::Result<u64> {
        let open = std::fs::read_dir(format!("/proc/{}/fd", self.pid()?))?;
        Ok(u64::try_from(open.count())?)
    }

    fn status_mib(&self, field: &str) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()?))?;
        let kib: f64 = status
            .lines()
            .find_map(|line| line.strip_prefix(field))
            .and_then(|line| line.trim().strip_suffix(" kB"))
            .with_context(|| format!("no {field} in the worker's status"))?
            .trim()
            .parse()?;
        Ok(kib / 1024.0)
    }

    /// Kills it, and waits until it is gone.
    pub(super) async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Asks it to drain, and waits until it has.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        let pid = i32::try_from(self.pid()?)?;
        kill_process(Pid::from_raw(pid).context("no process id")?, Signal::TERM)?;
        let status = self.child.wait().await?;
        anyhow::ensure!(status.success(), "the worker process ended with {status}");
        Ok(())
    }
}
