use std::time::Duration;

use async_trait::async_trait;
use nexus_jobs::{Band, Lane, QueueName};
use redis::aio::{ConnectionManager, MultiplexedConnection};
use redis::streams::{StreamAutoClaimReply, StreamId, StreamReadReply};

use crate::entry::{Delivery, ENTRY_IDS_MAX, Entry, Receipt, read_ids};
use crate::redis::connection::Connector;
use crate::redis::errors::no_group;
use crate::redis::keys::{GROUP, stream};
use crate::redis::leave::leave;
use crate::redis::read::Reading;
use crate::redis::sweep::sweep;
use crate::redis::transport::ensure_group;
use crate::transport::{Consumer, Result};

/// Reads one queue's streams on a connection of its own, since a blocking read
/// would hold up everybody on a shared one.
pub(super) struct RedisConsumer {
    connector: Connector,
    shared: ConnectionManager,
    reading: Option<MultiplexedConnection>,
    queue: QueueName,
    name: String,
    streams: [String; 4],
}

impl RedisConsumer {
    pub(super) fn new(
        connector: Connector,
        shared: ConnectionManager,
        queue: QueueName,
        name: String,
    ) -> Self {
        let streams = Band::ALL.map(|band| stream(&connector.settings().prefix, &queue, band));
        Self {
            connector,
            shared,
            reading: None,
            queue,
            name,
            streams,
        }
    }

    async fn ensure_groups(&mut self) -> Result<()> {
        for band in Band::ALL {
            let lane = Lane {
                queue: self.queue.clone(),
                band,
            };
            let prefix = &self.connector.settings().prefix;
            ensure_group(&mut self.shared, prefix, &lane).await?;
        }
        Ok(sweep(&mut self.shared, &self.streams).await?)
    }

    /// Reads once. `None`: a group is missing.
    async fn read(
        &mut self,
        bands: &[Band],
        entries_max: usize,
        wait: Duration,
    ) -> Result<Option<Vec<Delivery>>> {
        let mut connection = match self.reading.take() {
            Some(connection) => connection,
            None => {
                self.ensure_groups().await?;
                self.connector.own(wait).await?
            }
        };
        let streams: Vec<&str> = bands.iter().map(|&band| self.stream_of(band)).collect();
        let reading = Reading {
            name: &self.name,
            streams: &streams,
            entries_max,
        };
        let mut reply = reading.at_once(&mut connection).await;
        if reply.as_ref().is_ok_and(|reply| reply.keys.is_empty()) && !wait.is_zero() {
            reply = reading.waiting(&mut connection, wait).await;
        }
        match reply {
            Ok(reply) => {
                self.reading = Some(connection);
                Ok(Some(self.deliveries(reply).await))
            }
            Err(error) if no_group(&error) => {
                self.reading = Some(connection);
                Ok(None)
            }
            // The connection is dropped: its next reply would be this one's.
            Err(error) => Err(error.into()),
        }
    }

    async fn deliveries(&mut self, reply: StreamReadReply) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        for key in reply.keys {
            let Some(at) = self.streams.iter().position(|stream| *stream == key.key) else {
                continue;
            };
            self.keep_readable(Band::ALL[at], key.ids, &mut deliveries)
                .await;
        }
        deliveries
    }

    /// Entries that are not of our form are settled and dropped: nothing in the
    /// ledger waits for them, and left alone they would come back for ever.
    async fn keep_readable(&mut self, band: Band, ids: Vec<StreamId>, into: &mut Vec<Delivery>) {
        let mut unreadable = Vec::new();
        for id in ids {
            let receipt = Receipt {
                band,
                id: id.id.clone(),
            };
            match entry(&id) {
                Some(entry) => into.push(Delivery { entry, receipt }),
                None => unreadable.push(receipt),
            }
        }
        if !unreadable.is_empty() {
            tracing::warn!(queue = %self.queue, %band, entries = unreadable.len(),
                "dropped broker entries that are not of our form");
            if let Err(error) = self.settle(&unreadable).await {
                tracing::debug!(%error, "settling unreadable entries");
            }
        }
    }

    fn stream_of(&self, band: Band) -> &str {
        &self.streams[usize::try_from(band.number()).unwrap_or(0)]
    }
}

fn entry(id: &StreamId) -> Option<Entry> {
    let ids: String = id.get("i")?;
    Some(Entry {
        dispatch_id: id.get("d")?,
        job_ids: read_ids(&ids, ENTRY_IDS_MAX)?,
        suspect: id.get::<i64>("s").is_some(),
    })
}

#[async_trait]
impl Consumer for RedisConsumer {
    async fn fetch(
        &mut self,
        bands: &[Band],
        entries_max: usize,
        wait: Duration,
    ) -> Result<Vec<Delivery>> {
        if let Some(deliveries) = self.read(bands, entries_max, wait).await? {
            return Ok(deliveries);
        }
        self.ensure_groups().await?;
        let again = self.read(bands, entries_max, wait).await?;
        Ok(again.unwrap_or_default())
    }

    async fn take_over(&mut self, entries_max: usize, idle: Duration) -> Result<Vec<Delivery>> {
        let mut deliveries = Vec::new();
        for band in Band::ALL {
            let reply: std::result::Result<StreamAutoClaimReply, _> = redis::cmd("XAUTOCLAIM")
                .arg(self.stream_of(band))
                .arg(GROUP)
                .arg(&self.name)
                .arg(idle.as_millis().to_string())
                .arg("0-0")
                .arg("COUNT")
                .arg(entries_max)
                .query_async(&mut self.shared)
                .await;
            match reply {
                Ok(reply) => {
                    self.keep_readable(band, reply.claimed, &mut deliveries)
                        .await;
                }
                Err(error) if no_group(&error) => self.ensure_groups().await?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(deliveries)
    }

    async fn settle(&mut self, receipts: &[Receipt]) -> Result<()> {
        // An empty pipe is an error to the client.
        if receipts.is_empty() {
            return Ok(());
        }
        let mut pipe = redis::pipe();
        for band in Band::ALL {
            let ids: Vec<&str> = receipts
                .iter()
                .filter(|r| r.band == band)
                .map(|r| r.id.as_str())
                .collect();
            if !ids.is_empty() {
                let stream = self.stream_of(band);
                pipe.cmd("XACK")
                    .arg(stream)
                    .arg(GROUP)
                    .arg(&ids[..])
                    .ignore();
                pipe.cmd("XDEL").arg(stream).arg(&ids[..]).ignore();
            }
        }
        Ok(pipe.query_async(&mut self.shared).await?)
    }

    async fn leave(&mut self, _unsettled: &[Receipt]) -> Result<()> {
        // The server's list, not the caller's: an answer lost on its way left
        // entries here that the caller never saw.
        for stream in &self.streams {
            leave(&mut self.shared, stream, &self.name).await?;
        }
        Ok(())
    }
}
