//! Private Postgres and Redis servers, by the script that this binary carries.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context as _;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::exit::{Exit, Failure};

/// The script behind the services that it starts, as it wants to be read.
const SCRIPT: &str = concat!(
    "SERVICES=()\nEXTRAS=()\ndeclare -A STOP_SIGNAL=()\n",
    include_str!("../../../../scripts/services.d/postgres"),
    include_str!("../../../../scripts/services.d/redis"),
    include_str!("../../../../scripts/services"),
);
const ROLES_SQL: &str = include_str!("../../../../deploy/roles.sql");

/// Servers that run.
#[derive(Debug)]
pub(super) struct Services {
    dir: PathBuf,
    /// Held for as long as this process uses the servers, so that no other stops them.
    _lock: File,
}

impl Services {
    /// Starts what does not run yet; also gives the variables with the servers' URLs.
    pub(super) async fn start(dir: &Path) -> anyhow::Result<(Self, Vec<(String, String)>)> {
        let place = || format!("--dir {}", dir.display());
        fs::create_dir_all(dir).with_context(place)?;
        let dir = fs::canonicalize(dir).with_context(place)?;
        let lock = lock(&dir)?;
        let roles_sql = dir.join("roles.sql");
        fs::write(&roles_sql, ROLES_SQL).with_context(|| roles_sql.display().to_string())?;
        let services = Self { dir, _lock: lock };
        services.script("start").await.inspect_err(|_| {
            crate::output::note("what was started goes on; `nexus dev` tries again");
        })?;
        let env = services.dir.join("env");
        let lines = fs::read_to_string(&env).with_context(|| env.display().to_string())?;
        Ok((services, variables(&lines)))
    }

    /// Stops the servers; their data stay.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.script("stop").await
    }

    async fn script(&self, verb: &str) -> anyhow::Result<()> {
        let mut child = Command::new("bash")
            .args(["-s", "--", verb])
            .arg(&self.dir)
            .env("NEXUS_ROLES_SQL", self.dir.join("roles.sql"))
            // Not in the terminal's group: a Ctrl-C is for us, who then stop the servers in order.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::from(io::stderr()))
            .spawn()
            .context("running bash, which starts the private servers")?;
        if let Some(mut stdin) = child.stdin.take() {
            // A script that ends early closes its input; its exit code then says more.
            let _ = stdin.write_all(SCRIPT.as_bytes()).await;
        }
        let status = child.wait().await.context("waiting for bash")?;
        if status.success() {
            return Ok(());
        }
        let hint = "it said why above; to use servers of your own, set NEXUS_POSTGRES__APP_URL, \
                    LOADER_URL, OWNER_URL and NEXUS_REDIS__URL, and run `nexus migrate`, then \
                    `nexus serve` and `nexus work`";
        let wrong = format!(
            "could not {verb} the private servers in {}",
            self.dir.display()
        );
        Err(Failure::new(Exit::Unavailable, wrong).hint(hint).into())
    }
}

fn lock(dir: &Path) -> anyhow::Result<File> {
    let path = dir.join("dev.lock");
    let file = File::create(&path).with_context(|| path.display().to_string())?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let wrong = format!("another `nexus dev` runs in {}", dir.display());
            Err(Failure::new(Exit::Usage, wrong)
                .hint("--dir DIR runs one more elsewhere")
                .into())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// The variables of lines like `export NAME=VALUE`.
fn variables(lines: &str) -> Vec<(String, String)> {
    lines
        .lines()
        .filter_map(|line| line.strip_prefix("export ")?.split_once('='))
        .filter(|(name, _)| name.starts_with("NEXUS_") && !name.starts_with("NEXUS_TEST_"))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_settings_are_taken_from_the_servers_lines() {
        let lines = "export NEXUS_REDIS__URL=redis://127.0.0.1:1/0?a=b\n\
                     export NEXUS_TEST_REDIS=redis://127.0.0.1:1/0\nexport PATH=/x\n";
        let expected = (
            "NEXUS_REDIS__URL".to_owned(),
            "redis://127.0.0.1:1/0?a=b".to_owned(),
        );
        assert_eq!(variables(lines), [expected]);
    }
}
