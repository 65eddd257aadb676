//! A line to a server that can lose the server's answers, and be cut.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Sound,
    /// What the client says arrives; what the server says does not.
    Deaf,
}

/// Forwards connections to a server until it is dropped.
#[derive(Debug)]
pub struct CutLine {
    addr: SocketAddr,
    line: watch::Sender<Line>,
    task: JoinHandle<()>,
}

impl CutLine {
    /// A sound line to the server at `to`, as `host:port`.
    pub async fn to(to: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("its address");
        let (line, lines) = watch::channel(Line::Sound);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (to, lines) = (to.clone(), lines.clone());
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(to).await {
                        forward(client, server, lines).await;
                    }
                });
            }
        });
        Self { addr, line, task }
    }

    /// Where it begins.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Loses, from now on, all that the server answers.
    pub fn deafen(&self) {
        self.line.send_replace(Line::Deaf);
    }

    /// Cuts the connections of a deaf line; new ones are sound.
    pub fn cut(&self) {
        self.line.send_replace(Line::Sound);
    }
}

impl Drop for CutLine {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(mut client: TcpStream, mut server: TcpStream, mut lines: watch::Receiver<Line>) {
    // Of what happened to the line before, a new connection knows nothing.
    lines.mark_unchanged();
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let forth = tokio::io::copy(&mut from_client, &mut to_server);
    let back = async {
        let mut bytes = vec![0; 16 * 1024];
        let mut was_deaf = false;
        loop {
            tokio::select! {
                read = from_server.read(&mut bytes) => {
                    let Ok(read @ 1..) = read else { return };
                    if *lines.borrow() == Line::Deaf {
                        was_deaf = true;
                    } else if was_deaf || to_client.write_all(&bytes[..read]).await.is_err() {
                        return;
                    }
                }
                changed = lines.changed() => {
                    let sound = *lines.borrow_and_update() == Line::Sound;
                    if changed.is_err() || sound {
                        return;
                    }
                }
            }
        }
    };
    tokio::select! {
        _ = forth => {}
        () = back => {}
    }
}
