//! The fault proxy: a link to a server that can be given trouble.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::fault::Trouble;

/// What a link carries at once while it drips, and the pause after it.
const DROP: usize = 64;
const BETWEEN_DROPS: Duration = Duration::from_millis(5);

/// The longest piece of a link that carries everything in slices.
const SLICE_MAX: usize = 7;

/// Forwards connections to a server, in whatever trouble the link is, until dropped.
#[derive(Debug)]
pub struct FaultProxy {
    addr: SocketAddr,
    trouble: watch::Sender<Option<Trouble>>,
    touched: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl FaultProxy {
    /// A sound link to the server at `to`.
    pub async fn to(to: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let (trouble, troubles) = watch::channel(None);
        let touched = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&touched);
        let task = tokio::spawn(async move {
            loop {
                // Out of descriptors, say: the next may be well.
                let Ok((client, _)) = listener.accept().await else {
                    tokio::time::sleep(BETWEEN_DROPS).await;
                    continue;
                };
                let (troubles, counter) = (troubles.clone(), Arc::clone(&counter));
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(to).await {
                        forward(client, server, troubles, &counter).await;
                    }
                });
            }
        });
        Ok(Self {
            addr,
            trouble,
            touched,
            task,
        })
    }

    /// Where it begins.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Gives the link trouble for a while; returns how many messages were touched by it.
    pub async fn trouble(&self, trouble: Trouble, lasts: Duration) -> u64 {
        let before = self.touched.load(Ordering::Relaxed);
        self.trouble.send_replace(Some(trouble));
        tokio::time::sleep(lasts).await;
        self.trouble.send_replace(None);
        self.touched.load(Ordering::Relaxed) - before
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Which way the bytes go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    ToServer,
    ToClient,
}

/// Until either side hangs up, or trouble cuts the connection.
async fn forward(
    mut client: TcpStream,
    mut server: TcpStream,
    troubles: watch::Receiver<Option<Trouble>>,
    touched: &AtomicU64,
) {
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let one = |from, to, way| Direction {
        from,
        to,
        way,
        troubles: troubles.clone(),
        touched,
    };
    tokio::select! {
        () = one(from_client, to_server, Way::ToServer).carry() => {}
        () = one(from_server, to_client, Way::ToClient).carry() => {}
    }
}

struct Direction<'a> {
    from: ReadHalf<'a>,
    to: WriteHalf<'a>,
    way: Way,
    troubles: watch::Receiver<Option<Trouble>>,
    touched: &'a AtomicU64,
}

impl Direction<'_> {
    async fn carry(mut self) {
        let mut bytes = vec![0; 16 * 1024];
        while let Ok(read @ 1..) = self.from.read(&mut bytes).await {
            if !self.pass(&bytes[..read]).await {
                return;
            }
        }
    }

    /// Whether the connection is still there.
    async fn pass(&mut self, bytes: &[u8]) -> bool {
        let trouble = *self.troubles.borrow();
        let Some(trouble) = trouble else {
            return self.write(bytes).await;
        };
        let cuts = trouble == Trouble::CutReply;
        if cuts && self.way == Way::ToServer {
            return self.write(bytes).await;
        }
        self.touched.fetch_add(1, Ordering::Relaxed);
        match trouble {
            Trouble::Blackhole => {
                self.over(trouble).await;
                false
            }
            Trouble::Stall => {
                self.over(trouble).await;
                self.write(bytes).await
            }
            Trouble::CutReply => {
                self.write(&bytes[..bytes.len() / 2]).await;
                false
            }
            Trouble::Drip => self.drip(bytes).await,
            Trouble::Slices => self.slice(bytes).await,
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> bool {
        self.to.write_all(bytes).await.is_ok()
    }

    /// Waits for the trouble's end.
    async fn over(&mut self, trouble: Trouble) {
        // Gone with the proxy, which is an end too.
        let _ = self.troubles.wait_for(|now| *now != Some(trouble)).await;
    }

    async fn drip(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            if *self.troubles.borrow() != Some(Trouble::Drip) {
                return self.write(bytes).await;
            }
            let (drop, rest) = bytes.split_at(DROP.min(bytes.len()));
            if !self.write(drop).await {
                return false;
            }
            tokio::time::sleep(BETWEEN_DROPS).await;
            bytes = rest;
        }
        true
    }

    async fn slice(&mut self, mut bytes: &[u8]) -> bool {
        let mut length = 0;
        while !bytes.is_empty() {
            length = length % SLICE_MAX + 1;
            let (slice, rest) = bytes.split_at(length.min(bytes.len()));
            if !self.write(slice).await {
                return false;
            }
            // So that the other side reads it before the next comes.
            tokio::task::yield_now().await;
            bytes = rest;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that answers each byte with a hundred.
    async fn server() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut byte = [0];
                    while stream.read_exact(&mut byte).await.is_ok() {
                        stream.write_all(&[byte[0]; 100]).await.unwrap();
                    }
                });
            }
        });
        addr
    }

    async fn asked(stream: &mut TcpStream) -> usize {
        stream.write_all(&[7]).await.unwrap();
        let mut answer = [0; 100];
        let mut read = 0;
        while read < 100 {
            match stream.read(&mut answer[read..]).await {
                Ok(more @ 1..) => read += more,
                _ => break,
            }
        }
        assert!(answer[..read].iter().all(|&byte| byte == 7));
        read
    }

    /// What of an answer comes while the link is in trouble, and what of the next after.
    async fn around(trouble: Trouble) -> (usize, usize) {
        let proxy = FaultProxy::to(server().await).await.unwrap();
        let mut stream = TcpStream::connect(proxy.addr()).await.unwrap();
        assert_eq!(asked(&mut stream).await, 100);
        let lasts = Duration::from_millis(300);
        let troubled = async {
            // Both are polled in this order, so the trouble is there by now.
            let during = asked(&mut stream).await;
            (during, stream)
        };
        let (touched, (during, mut stream)) = tokio::join!(proxy.trouble(trouble, lasts), troubled);
        assert!(touched > 0);
        if during < 100 {
            stream = TcpStream::connect(proxy.addr()).await.unwrap();
        }
        (during, asked(&mut stream).await)
    }

    #[tokio::test]
    async fn each_trouble_does_what_it_says_and_passes() {
        assert_eq!(around(Trouble::Blackhole).await, (0, 100));
        assert_eq!(around(Trouble::Stall).await, (100, 100));
        assert_eq!(around(Trouble::CutReply).await, (50, 100));
        assert_eq!(around(Trouble::Drip).await, (100, 100));
        assert_eq!(around(Trouble::Slices).await, (100, 100));
    }
}
