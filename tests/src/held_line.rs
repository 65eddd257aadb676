//! A line to a server that carries so many bytes of its answers, and then none until it is cut.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::eventually::{SOON, eventually};

/// Forwards connections to a server until it is dropped.
#[derive(Debug)]
pub struct HeldLine {
    addr: SocketAddr,
    state: Arc<State>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct State {
    /// Bytes of answers that it still carries.
    left: watch::Sender<u64>,
    /// Connections that were made.
    connections: AtomicUsize,
}

impl HeldLine {
    /// A line to the server at `to`, as `host:port`, that carries `bytes` of its answers.
    pub async fn to(to: String, bytes: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("its address");
        let state = Arc::new(State {
            left: watch::Sender::new(bytes),
            connections: AtomicUsize::new(0),
        });
        let known = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                known.connections.fetch_add(1, Ordering::Relaxed);
                let (to, known) = (to.clone(), Arc::clone(&known));
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(to).await {
                        forward(client, server, &known.left).await;
                    }
                });
            }
        });
        Self { addr, state, task }
    }

    /// Where it begins.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Connections that were made over it.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::Relaxed)
    }

    /// Waits until it has carried all that it was to.
    pub async fn is_held(&self) {
        eventually("the line is held", SOON, async || {
            (*self.state.left.borrow() == 0).then_some(())
        })
        .await;
    }

    /// Cuts the connections of a held line; new ones carry everything.
    pub fn cut(&self) {
        self.state.left.send_replace(u64::MAX);
    }
}

impl Drop for HeldLine {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(mut client: TcpStream, mut server: TcpStream, left: &watch::Sender<u64>) {
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let forth = tokio::io::copy(&mut from_client, &mut to_server);
    let back = async {
        let mut bytes = vec![0; 16 * 1024];
        while let Ok(read @ 1..) = from_server.read(&mut bytes).await {
            let mut carried = 0;
            left.send_modify(|left| {
                carried = usize::try_from(*left).unwrap_or(usize::MAX).min(read);
                *left -= carried as u64;
            });
            if to_client.write_all(&bytes[..carried]).await.is_err() {
                return;
            }
            if carried < read {
                let _ = left.subscribe().wait_for(|left| *left > 0).await;
                return;
            }
        }
    };
    tokio::select! {
        _ = forth => {}
        () = back => {}
    }
}
