//! Decoding on a blocking thread, a few chunks ahead of the sending.

use std::fs::File;
use std::io::ErrorKind;
use std::sync::Arc;

use nexus_workers::Context;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::checkpoint::{Checkpoint, Summary};
use super::chunk::{Chunk, RowScope};
use super::decoder::Decoder;
use super::format::About;
use super::input::{FileIdentity, InputError};
use super::profile::Profile;
use super::settings::DecodeSettings;

/// Chunks decoded ahead of the one that is sent: one, so that both cores are busy
/// and memory holds three at most.
const CHUNKS_AHEAD: usize = 1;

/// A file read to its end.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) summary: Summary,
    /// What the file turned out to be.
    pub(super) about: About,
}

type Answer = Result<Ended, InputError>;

/// A decoder at work elsewhere.
pub(super) struct Decoding {
    chunks: mpsc::Receiver<Chunk>,
    sent: mpsc::UnboundedSender<Chunk>,
    answer: JoinHandle<Result<Answer, nexus_workers::BlockingError>>,
}

impl Decoding {
    pub(super) fn start(
        file: File,
        profile: Arc<Profile>,
        scope: RowScope,
        settings: DecodeSettings,
        checkpoint: Option<Checkpoint>,
        ctx: &Context,
    ) -> Self {
        let (sender, chunks) = mpsc::channel(CHUNKS_AHEAD);
        let (sent, used) = mpsc::unbounded_channel();
        let pool = ctx.blocking().clone();
        let work = move || decode(file, profile, scope, settings, checkpoint, &sender, used);
        let answer = tokio::spawn(async move { pool.run(work).await });
        Self {
            chunks,
            sent,
            answer,
        }
    }

    /// The next chunk; `None` once there is no more, or the input is at fault.
    pub(super) async fn next(&mut self) -> Option<Chunk> {
        self.chunks.recv().await
    }

    /// Gives a chunk's buffers back.
    pub(super) fn recycle(&self, chunk: Chunk) {
        // The decoder may have ended; then the buffers go.
        let _ = self.sent.send(chunk);
    }

    /// What came out, after [`Self::next`] gave `None`.
    pub(super) async fn end(self) -> anyhow::Result<Answer> {
        Ok(self.answer.await??)
    }
}

/// Runs until the input ends or nobody takes chunks any more.
fn decode(
    file: File,
    profile: Arc<Profile>,
    scope: RowScope,
    settings: DecodeSettings,
    checkpoint: Option<Checkpoint>,
    chunks: &mpsc::Sender<Chunk>,
    mut used: mpsc::UnboundedReceiver<Chunk>,
) -> Answer {
    let before = FileIdentity::of(&file).map_err(InputError::Io)?;
    let watched = file.try_clone().map_err(InputError::Io)?;
    let mut decoder = match checkpoint {
        Some(checkpoint) => Decoder::resume(file, profile, scope, settings, &checkpoint)?,
        None => Decoder::start(file, profile, scope, settings)?,
    };
    while let Some(chunk) = decoder.next_chunk()? {
        if chunks.blocking_send(chunk).is_err() {
            // Nobody waits for the answer either, so the thread need not read the rest.
            return Err(InputError::Io(ErrorKind::BrokenPipe.into()));
        }
        while let Ok(chunk) = used.try_recv() {
            decoder.recycle(chunk);
        }
    }
    let about = decoder.about();
    let summary = decoder.finish()?;
    let after = FileIdentity::of(&watched).map_err(InputError::Io)?;
    match before.changed(&after) {
        Some(what) => Err(InputError::ChangedWhileRead { what }),
        None => Ok(Ended { summary, about }),
    }
}
