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
        let roots: Vec<String> = settings
            .datasets
            .roots
            .iter()
            .map(|root| root.display().to_string())
            .collect();
        let child = Command::new(std::env::current_exe()?)
            .arg("work")
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

    fn pid(&self) -> anyhow::Result<u32> {
        self.child.id().context("the worker process has ended")
    }

    /// The most memory it has had resident so far, in MiB.
    pub(super) fn peak_rss_mib(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()?))?;
        let kib: f64 = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .and_then(|line| line.trim().strip_suffix(" kB"))
            .context("no VmHWM in the worker's status")?
            .trim()
            .parse()?;
        Ok(kib / 1024.0)
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
