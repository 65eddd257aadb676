//! The run's own Postgres: durable, on a port of its own, stopped without mercy.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tokio::time::Instant;

/// How long a start may take: after a crash the log is replayed.
const START_BOUND: Duration = Duration::from_mins(2);

/// Who runs the server when we are root, which Postgres refuses to be.
const SYSTEM_USER: &str = "postgres";

const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
timezone = 'UTC'
max_connections = 200
shared_buffers = 256MB
fsync = on
synchronous_commit = on
full_page_writes = on
max_wal_size = 1GB
checkpoint_timeout = 1min
jit = off
";

/// A private Postgres, stopped when dropped.
#[derive(Debug)]
pub struct OwnPostgres {
    bin: PathBuf,
    data: PathBuf,
    log: PathBuf,
    port: u16,
    server: Option<Child>,
}

impl OwnPostgres {
    /// Makes its data directory below `dir` and starts it on a free port.
    pub async fn start(dir: &Path) -> anyhow::Result<Self> {
        let home = dir.join("postgres");
        std::fs::create_dir(&home)?;
        let mut postgres = Self {
            bin: programs()?,
            data: home.join("data"),
            log: dir.join("postgres.log"),
            port: super::ports::free()?,
            server: None,
        };
        if is_root() {
            done(Command::new("chown").arg(SYSTEM_USER).arg(&home))?;
        }
        let mut initdb = postgres.as_user("initdb");
        initdb.arg("-D").arg(&postgres.data);
        initdb.args(["--username=postgres", "--auth=trust", "--locale=C.UTF-8"]);
        initdb.args(["--encoding=UTF8", "--no-sync"]);
        done(&mut initdb)?;
        // Root may append to a file of anybody's.
        let conf = postgres.data.join("postgresql.conf");
        let mut text = std::fs::read_to_string(&conf)?;
        text.push_str(SETTINGS);
        std::fs::write(&conf, text)?;
        postgres.start_again().await?;
        Ok(postgres)
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// `pg_ctl stop -m immediate`: no checkpoint, every connection is dropped.
    pub fn stop_immediate(&mut self) -> anyhow::Result<()> {
        let Some(mut server) = self.server.take() else {
            return Ok(());
        };
        let mut stop = self.as_user("pg_ctl");
        stop.args(["stop", "-w", "-m", "immediate", "-D"]);
        done(stop.arg(&self.data))?;
        server.wait()?;
        Ok(())
    }

    /// Starts it after a stop, on its port, and waits until it answers.
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_BOUND;
        self.server = Some(self.spawn()?);
        while !self.answers()? {
            ensure!(
                Instant::now() < deadline,
                "Postgres does not answer, see {}",
                self.log.display()
            );
            if let Some(server) = &mut self.server
                && server.try_wait()?.is_some()
            {
                // The last processes of the one that was stopped may still be about to end.
                self.server = Some(self.spawn()?);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    fn spawn(&self) -> anyhow::Result<Child> {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&self.log)?;
        // With us it dies: a harness that was killed leaves no server behind.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "QUIT"]).args(user_switch());
        command.arg("--").arg(self.bin.join("postgres"));
        command.arg("-D").arg(&self.data);
        command.arg("-p").arg(self.port.to_string());
        command.current_dir("/").stdin(Stdio::null());
        command.stdout(log.try_clone()?).stderr(log);
        command.spawn().context("starting Postgres")
    }

    fn answers(&self) -> anyhow::Result<bool> {
        let mut command = Command::new(self.bin.join("pg_isready"));
        command.args(["-q", "-h", "127.0.0.1", "-p"]);
        command.arg(self.port.to_string());
        Ok(command.status()?.success())
    }

    fn as_user(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(user_switch()).arg("--").arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir("/").stdin(Stdio::null());
        command
    }
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        // Its data go with it.
        let _ = self.stop_immediate();
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn user_switch() -> Vec<String> {
    if !is_root() {
        return Vec::new();
    }
    let to = |what: &str| format!("--{what}={SYSTEM_USER}");
    vec![to("reuid"), to("regid"), "--init-groups".to_owned()]
}

/// Where the newest Postgres's programs are.
fn programs() -> anyhow::Result<PathBuf> {
    let packaged = (15..=18).rev().map(|version| {
        let bin = format!("/usr/lib/postgresql/{version}/bin");
        PathBuf::from(bin)
    });
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = packaged.chain(std::env::split_paths(&path));
    places
        .find(|place| place.join("initdb").exists() && place.join("postgres").exists())
        .context("no Postgres here: scripts/setup installs it")
}

/// Runs a command to its end; fails with what it said.
fn done(command: &mut Command) -> anyhow::Result<()> {
    let output = command
        .output()
        .with_context(|| format!("running {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
