//! The processes under fire: workers, and the one that is relay and rescuer.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};

/// What each of its processes is told.
#[derive(Clone, Debug)]
pub struct Orders {
    /// Where the settings are, and where processes log.
    pub dir: PathBuf,
    /// The settings.
    pub settings: PathBuf,
    /// Whether workers take their fence away.
    pub unfenced: bool,
}

/// Processes in numbered places, each replaced as soon as it is gone.
#[derive(Debug)]
pub struct Fleet {
    orders: Orders,
    workers: Vec<Place>,
    relay: Place,
    /// Processes that ended though nobody told them to.
    deserted: Vec<String>,
}

#[derive(Debug)]
struct Place {
    role: &'static str,
    number: usize,
    generation: usize,
    frozen: bool,
    child: Child,
}

impl Place {
    fn name(&self) -> String {
        format!("{}-{}-{}", self.role, self.number, self.generation)
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        Ok(kill_process(pid.context("a process id")?, signal)?)
    }
}

impl Fleet {
    /// Starts so many workers and one relay.
    pub fn start(orders: Orders, workers: usize) -> anyhow::Result<Self> {
        let workers: anyhow::Result<_> = (0..workers)
            .map(|number| place(&orders, "worker", number))
            .collect();
        Ok(Self {
            workers: workers?,
            relay: place(&orders, "relay", 0)?,
            orders,
            deserted: Vec::new(),
        })
    }

    /// Kills a worker that is not frozen, and replaces it. Whether there was one.
    pub fn kill_worker(&mut self, luck: u64) -> anyhow::Result<bool> {
        self.replace_deserters()?;
        let Some(at) = self.one_awake(luck) else {
            return Ok(false);
        };
        kill(&self.orders, &mut self.workers[at])?;
        Ok(true)
    }

    /// Kills the relay, and replaces it.
    pub fn kill_relay(&mut self) -> anyhow::Result<bool> {
        self.replace_deserters()?;
        kill(&self.orders, &mut self.relay)?;
        Ok(true)
    }

    /// A worker that is not frozen: its number and its process id.
    pub fn awake_worker(&mut self, luck: u64) -> anyhow::Result<Option<(usize, u32)>> {
        self.replace_deserters()?;
        let at = self.one_awake(luck);
        Ok(at.map(|at| (at, self.workers[at].child.id())))
    }

    /// Stops a worker from doing anything, unless it was replaced or frozen meanwhile.
    pub fn freeze_worker(&mut self, (at, pid): (usize, u32)) -> anyhow::Result<bool> {
        let place = &mut self.workers[at];
        if place.frozen || place.child.id() != pid {
            return Ok(false);
        }
        place.signal(Signal::STOP)?;
        place.frozen = true;
        Ok(true)
    }

    /// Lets a frozen worker go on.
    pub fn thaw_worker(&mut self, at: usize) -> anyhow::Result<()> {
        self.workers[at].signal(Signal::CONT)?;
        self.workers[at].frozen = false;
        Ok(())
    }

    /// Tells all to end, as an operator does, and waits for that.
    pub async fn stop(mut self) -> anyhow::Result<Vec<String>> {
        self.replace_deserters()?;
        let mut places = self.workers;
        places.push(self.relay);
        for place in &places {
            place.signal(Signal::TERM)?;
        }
        for mut place in places {
            let name = place.name();
            let ended = tokio::task::spawn_blocking(move || place.child.wait()).await??;
            if !ended.success() {
                self.deserted.push(format!("{name}: {ended} at the end"));
            }
        }
        Ok(self.deserted)
    }

    /// A process ends only when it is told to; where one did, it is noted.
    pub fn replace_deserters(&mut self) -> anyhow::Result<()> {
        let places = self.workers.iter_mut();
        for at in places.chain(std::iter::once(&mut self.relay)) {
            if let Some(ended) = at.child.try_wait()? {
                self.deserted.push(format!("{}: {ended}", at.name()));
                at.generation += 1;
                at.frozen = false;
                at.child = spawn(&self.orders, at)?;
            }
        }
        Ok(())
    }

    fn one_awake(&self, luck: u64) -> Option<usize> {
        let awake: Vec<usize> = (0..self.workers.len())
            .filter(|&at| !self.workers[at].frozen)
            .collect();
        let count = u64::try_from(awake.len()).ok().filter(|&count| count > 0)?;
        awake.get(usize::try_from(luck % count).ok()?).copied()
    }
}

fn kill(orders: &Orders, at: &mut Place) -> anyhow::Result<()> {
    at.child.kill()?;
    at.child.wait()?;
    at.generation += 1;
    at.child = spawn_named(orders, at.role, at.number, &at.name())?;
    Ok(())
}

fn place(orders: &Orders, role: &'static str, number: usize) -> anyhow::Result<Place> {
    Ok(Place {
        role,
        number,
        generation: 0,
        frozen: false,
        child: spawn_named(orders, role, number, &format!("{role}-{number}-0"))?,
    })
}

fn spawn(orders: &Orders, at: &Place) -> anyhow::Result<Child> {
    spawn_named(orders, at.role, at.number, &at.name())
}

/// This very program, in another role. It dies with us.
fn spawn_named(orders: &Orders, role: &str, number: usize, name: &str) -> anyhow::Result<Child> {
    let log = File::create(orders.dir.join(format!("{name}.log")))?;
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]);
    command.arg(std::env::current_exe()?).arg(role);
    command.arg("--runs").arg(runs_of(&orders.dir, name));
    if orders.unfenced {
        command.arg("--unfenced");
    }
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("NEXUS_") {
            command.env_remove(variable);
        }
    }
    command.env("NEXUS_CONFIG", &orders.settings);
    // Every other process is a static member of its groups, as far as there are any: both sorts
    // come under fire.
    if number.is_multiple_of(2) {
        command.env("NEXUS_KAFKA__INSTANCE", format!("{role}-{number}"));
    }
    command.current_dir(&orders.dir).stdin(Stdio::null());
    command.stdout(log.try_clone()?).stderr(log);
    command.spawn().with_context(|| format!("starting {name}"))
}

/// The file in which a process notes its runs.
fn runs_of(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!("{name}.runs"))
}
