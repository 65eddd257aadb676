//! A store of objects of a test's own, that speaks the protocol of S3.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nexus_config::Store;
use rustix::fs::{XattrFlags, setxattr};
use tempfile::TempDir;
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::eventually::{SOON, eventually};

/// The bucket that there is.
pub const BUCKET: &str = "evidence";

/// Where the allowed objects begin.
pub const ALLOWED: &str = "s3://evidence/2010/";

/// A private `versitygw` over a directory, killed when dropped.
#[derive(Debug)]
pub struct OwnStore {
    dir: TempDir,
    port: u16,
    server: Child,
}

impl OwnStore {
    /// Starts one on a free port. `None`, which it says, where `versitygw` is not installed:
    /// `scripts/setup-store` does that where there is Go.
    pub async fn start() -> Option<Self> {
        let Some(program) = program() else {
            skipped();
            return None;
        };
        let dir = TempDir::with_prefix("nexus-test-store-").expect("a directory");
        std::fs::create_dir_all(dir.path().join("data").join(BUCKET)).expect("a bucket");
        let port = free_port();
        let server = Command::new(program)
            .args(["--access", "id", "--secret", "key", "--quiet", "--port"])
            .arg(format!("127.0.0.1:{port}"))
            .arg("posix")
            .arg(dir.path().join("data"))
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("versitygw");
        let store = Self { dir, port, server };
        eventually("a private store answers", SOON, async || {
            TcpStream::connect(store.addr()).await.ok()
        })
        .await;
        Some(store)
    }

    /// Where it answers, as `host:port`.
    pub fn addr(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Settings for what is allowed of it, over a line that begins at `addr`.
    pub fn settings_at(addr: impl std::fmt::Display) -> Store {
        toml::from_str(&format!(
            "url = '{ALLOWED}'
             endpoint = 'http://{addr}'
             access_key_id = 'id'
             secret_access_key = 'key'
             private = true
             allow_http = true"
        ))
        .expect("a store")
    }

    /// Puts an object in one step, over one that is there. By the file and the attribute that the
    /// server keeps for it, since that needs no second client.
    pub fn put(&self, key: &str, bytes: &[u8]) {
        let file = self.dir.path().join("data").join(BUCKET).join(key);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        let new = self.dir.path().join("new");
        std::fs::write(&new, bytes).expect("an object");
        let e_tag = format!("\"{}\"", Uuid::new_v4().simple());
        setxattr(&new, "user.etag", e_tag.as_bytes(), XattrFlags::empty())
            .expect("an attribute: the file system must have them");
        std::fs::rename(&new, &file).expect("an object");
    }
}

impl Drop for OwnStore {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// `versitygw` of `.nexus/tools`, or of the path.
fn program() -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.nexus/tools/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::iter::once(own)
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join("versitygw"))
        .find(|program| program.is_file())
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skipped() {
    eprintln!("skipped: versitygw is not installed (scripts/setup-store does where there is Go)");
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}
