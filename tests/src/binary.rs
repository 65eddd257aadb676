//! The `nexus` binary, run with a bed's settings.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use uuid::Uuid;

use crate::bed::TestBed;
use crate::eventually::{SOON, eventually};

/// How long a command may run that is to end by itself.
const COMMAND_BOUND: Duration = Duration::from_mins(1);

/// A role of the binary that runs beside a test; killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    log: PathBuf,
}

impl TestBed {
    /// Runs `nexus` to its end with this bed's settings.
    pub async fn nexus(&self, args: &[&str]) -> Output {
        let output = self
            .command(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .output();
        tokio::time::timeout(COMMAND_BOUND, output)
            .await
            .expect("the command ends within its bound")
            .expect("the binary runs")
    }

    /// Runs `nexus`, which must succeed, and returns what it printed.
    pub async fn nexus_ok(&self, args: &[&str]) -> String {
        let output = self.nexus(args).await;
        assert!(
            output.status.success(),
            "nexus {args:?}: {}\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Starts a long-running role of `nexus` with this bed's settings.
    pub fn spawn(&self, args: &[&str]) -> Running {
        self.spawn_program(&binary(), args)
    }

    /// Starts a worker process that knows the tests' own kinds; `program` is
    /// `env!("CARGO_BIN_EXE_nexus-test-worker")`.
    pub fn spawn_test_worker(&self, program: &str) -> Running {
        self.spawn_program(Path::new(program), &[])
    }

    fn spawn_program(&self, program: &Path, args: &[&str]) -> Running {
        let name = format!("{}-{}.log", args.join("-"), Uuid::new_v4().simple());
        let log = self.dir().join(name.replace('/', "_"));
        let out = std::fs::File::create(&log).expect("a log");
        let child = self
            .command_of(program, args)
            .stderr(out.try_clone().expect("a log"))
            .stdout(out)
            .kill_on_drop(true)
            .spawn()
            .expect("the binary runs");
        Running { child, log }
    }

    /// Writes this bed's settings as the file that `NEXUS_CONFIG` names.
    pub fn settings_file(&self) -> PathBuf {
        let file = self.dir().join("nexus.toml");
        let settings = toml::to_string(self.settings()).expect("settings as TOML");
        std::fs::write(&file, settings).expect("a settings file");
        file
    }

    fn command(&self, args: &[&str]) -> Command {
        self.command_of(&binary(), args)
    }

    fn command_of(&self, program: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("NEXUS_") {
                command.env_remove(name);
            }
        }
        command
            .args(args)
            .env("NEXUS_CONFIG", self.settings_file())
            .current_dir(self.dir())
            .stdin(Stdio::null());
        command
    }
}

impl Running {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// What it printed so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a log")
    }

    /// Waits until its log holds `text`.
    pub async fn says(&self, text: &str) {
        eventually(&format!("the log says {text:?}"), SOON, async || {
            self.log().contains(text).then_some(())
        })
        .await;
    }

    /// Asks it to end, as an operator does.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("a process id"), signal).expect("a signal");
    }

    /// Kills it and waits for its end.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("a kill");
    }

    /// Waits for its end; panics with its log when `bound` passes first.
    pub async fn wait(&mut self, bound: Duration) -> ExitStatus {
        let ended = tokio::time::timeout(bound, self.child.wait()).await;
        let ended = ended.unwrap_or_else(|_| panic!("not after {bound:?}:\n{}", self.log()));
        ended.expect("an exit status")
    }
}

/// The binary beside the test's own executable: `target/debug/nexus`.
fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("the test's own path");
    let folder = test.parent().and_then(Path::parent);
    let binary = folder.expect("target/debug").join("nexus");
    assert!(
        binary.exists(),
        "{} is not built: cargo build -p nexus-cli",
        binary.display()
    );
    binary
}
