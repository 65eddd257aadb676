//! Schedulers that are processes, each with a clock of its own.

use std::path::Path;

use diesel::sql_types::Integer;
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use nexus_tests::TestBed;
use nexus_tests::binary::Running;

/// What sets a process's own clock apart, where it is installed.
const FAKETIME: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
];

/// Schedulers that are started again when they are killed, each with a clock of its own.
pub(super) struct Schedulers<'a> {
    bed: &'a TestBed,
    pub(super) running: Vec<Running>,
    pub(super) faketime: Option<&'static str>,
}

impl<'a> Schedulers<'a> {
    pub(super) fn start(bed: &'a TestBed, count: usize) -> Self {
        let mut there = FAKETIME.into_iter();
        let faketime = there.find(|library| Path::new(library).exists());
        if faketime.is_none() {
            say("libfaketime is not installed: all processes have the same clock");
        }
        let mut schedulers = Self {
            bed,
            running: Vec::new(),
            faketime,
        };
        for nth in 0..count {
            let one = schedulers.one(nth);
            schedulers.running.push(one);
        }
        schedulers
    }

    fn one(&self, nth: usize) -> Running {
        let args = ["serve", "--listen", "127.0.0.1:0"];
        let apart = ["-3d", "+0", "+47m", "-9h", "+400d"][nth % 5];
        match self.faketime {
            Some(library) => self.bed.spawn_with(
                &args,
                &[
                    ("LD_PRELOAD", library),
                    ("FAKETIME", apart),
                    ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
                ],
            ),
            None => self.bed.spawn(&args),
        }
    }

    /// Whoever has the lead just now, in the middle of its round; `None` where nobody had it for a while.
    pub(super) async fn leader(&self) -> Option<usize> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Integer)]
            port: i32,
        }
        const LOOKS: usize = 50;
        let mut conn = self.bed.pool().get().await.ok()?;
        for _ in 0..LOOKS {
            let query = sql_query(
                "SELECT a.client_port AS port FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid) \
                 WHERE l.locktype = 'advisory' AND l.classid = 1853387619 AND l.granted \
                     AND a.datname = current_database()",
            );
            let rows: Vec<Row> = query.load(&mut *conn).await.ok()?;
            if let Some(row) = rows.into_iter().next() {
                let socket = socket_on(u16::try_from(row.port).ok()?)?;
                let has = |one: &Running| has_socket(one.pid(), &socket);
                return self.running.iter().position(has);
            }
        }
        None
    }

    /// Kills one, and starts another in its place.
    pub(super) async fn replace(&mut self, nth: usize) {
        let next = self.one(nth);
        let killed = std::mem::replace(&mut self.running[nth], next);
        killed.kill().await;
    }
}

#[expect(
    clippy::print_stderr,
    reason = "tells whoever runs the test what it showed"
)]
pub(super) fn say(text: &str) {
    eprintln!("{text}");
}

/// The socket whose own port this is, as `/proc` names it.
fn socket_on(port: u16) -> Option<String> {
    let table = std::fs::read_to_string("/proc/net/tcp").ok()?;
    let own = format!(":{port:04X}");
    table.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let inode = fields.get(9)?;
        fields
            .get(1)?
            .ends_with(&own)
            .then(|| format!("socket:[{inode}]"))
    })
}

fn has_socket(pid: u32, socket: &str) -> bool {
    let Ok(files) = std::fs::read_dir(format!("/proc/{pid}/fd")) else {
        return false;
    };
    let mut targets = files
        .flatten()
        .filter_map(|file| std::fs::read_link(file.path()).ok());
    targets.any(|target| target.to_string_lossy() == socket)
}
