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
        self.nexus_with(args, &[]).await
    }

    /// Runs `nexus` to its end with this bed's settings and these variables.
    pub async fn nexus_with(&self, args: &[&str], env: &[(&str, &str)]) -> Output {
        let mut command = self.command(args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        ended(command.envs(env.iter().copied())).await
    }

    /// Runs `nexus` as on a terminal, whose output is all of its output.
    pub async fn nexus_on_terminal(&self, args: &[&str], env: &[(&str, &str)]) -> Output {
        let line = format!("{} {}", binary().display(), args.join(" "));
        let mut command = self.command_of(Path::new("script"), &["-qec", &line, "/dev/null"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        ended(command.envs(env.iter().copied())).await
    }

    /// Runs `nexus` with nobody to read what it prints; what it says of that is in
    /// the output's standard error.
    pub async fn nexus_unread(&self, args: &[&str]) -> Output {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = self.command(args);
        // Not by `output`, which would read it after all.
        let child = command
            .stdout(writer)
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the binary runs");
        // The command keeps the pipe's end open.
        drop(command);
        tokio::time::timeout(COMMAND_BOUND, child.wait_with_output())
            .await
            .expect("the command ends within its bound")
            .expect("an exit status")
    }

    /// What a command printed and how it ended, with this bed's own names replaced,
    /// so that it reads the same in every run.
    pub fn told(&self, output: &Output) -> String {
        let code = output.status.code().expect("an exit code");
        let text = format!(
            "{}{}exit {code}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        let url = self.settings().postgres.app_url.expose();
        let database = url.rsplit('/').next().expect("a database");
        text.replace(&self.dir().display().to_string(), "DIR")
            .replace(database, "DATABASE")
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
        self.spawn_program(&binary(), args, &args.join("-"))
    }

    /// Starts a long-running role of `nexus` with this bed's settings and these variables.
    pub fn spawn_with(&self, args: &[&str], env: &[(&str, &str)]) -> Running {
        self.spawn_in(&binary(), args, &args.join("-"), env)
    }

    /// Starts a worker process that knows the tests' own kinds; `program` is
    /// `env!("CARGO_BIN_EXE_nexus-test-worker")`.
    pub fn spawn_test_worker(&self, program: &str) -> Running {
        self.spawn_program(Path::new(program), &[], "worker")
    }

    /// Starts one that starts itself again when a thread of it is lost; the other one
    /// ends.
    pub fn spawn_lasting_test_worker(&self, program: &str) -> Running {
        self.spawn_program(Path::new(program), &["--start-again"], "worker")
    }

    /// Starts a program with this bed's settings; its log is named so.
    pub(crate) fn spawn_program(&self, program: &Path, args: &[&str], called: &str) -> Running {
        self.spawn_in(program, args, called, &[])
    }

    fn spawn_in(
        &self,
        program: &Path,
        args: &[&str],
        called: &str,
        env: &[(&str, &str)],
    ) -> Running {
        let name = format!("{called}-{}.log", Uuid::new_v4().simple());
        let log = self.dir().join(name.replace('/', "_"));
        let out = std::fs::File::create(&log).expect("a log");
        let child = self
            .command_of(program, args)
            .envs(env.iter().copied())
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
        // Whole at once: a process that was just started may be reading it.
        let new = file.with_extension(Uuid::new_v4().simple().to_string());
        std::fs::write(&new, settings).expect("a settings file");
        std::fs::rename(&new, &file).expect("a settings file");
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

async fn ended(command: &mut Command) -> Output {
    tokio::time::timeout(COMMAND_BOUND, command.kill_on_drop(true).output())
        .await
        .expect("the command ends within its bound")
        .expect("the program runs")
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
pub(crate) fn binary() -> PathBuf {
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
