//! What a run is asked to do.

use std::time::Duration;

use clap::{Args, ValueEnum};

use nexus_config::Span;
use nexus_jobs::TransportName;

use super::fault::Sort;
use super::schedule::Pace;

/// How to run.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Jobs to enqueue and to see through
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub jobs: u64,
    /// Seed of the faults and of the batches; printed, so that a run can be repeated
    #[arg(long)]
    pub seed: Option<u64>,
    /// The broker under fire
    #[arg(long, value_enum, default_value_t = Transport::Redis)]
    pub transport: Transport,
    /// Worker processes
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(2..=32))]
    pub workers: u8,
    /// Only these sorts of faults, comma-separated
    #[arg(long, value_delimiter = ',', value_parser = Sort::named)]
    pub only: Vec<Sort>,
    /// Enqueue for at least so long, instead of what the number of jobs calls for
    #[arg(long, value_name = "DURATION")]
    pub least: Option<Span>,
    /// Take the fence away: a checker that is worth its name then finds fault
    #[arg(long)]
    pub unfenced: bool,
    /// Keep the directory with logs even when all is well
    #[arg(long)]
    pub keep: bool,
}

/// A broker that the harness knows to start and to kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Transport {
    /// A Redis of the run's own.
    Redis,
    /// A Kafka of the run's own.
    Kafka,
    /// Both of them: queues are switched from one to the other and back.
    Both,
}

impl Options {
    /// How close faults follow one another.
    pub const fn pace(&self) -> Pace {
        Pace::of(self.jobs)
    }

    /// How long jobs are enqueued for, at least, so that every fault meets some.
    pub fn least(&self) -> Duration {
        self.least
            .map_or_else(|| self.transport.least(self.pace()), Span::get)
    }

    /// The sorts of faults that are asked for.
    pub fn wanted(&self) -> Vec<Sort> {
        if self.only.is_empty() {
            self.transport.faults()
        } else {
            self.only.clone()
        }
    }
}

impl Transport {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Kafka => "kafka",
            Self::Both => "both",
        }
    }

    /// The broker that carries the queues at first.
    pub const fn first(self) -> TransportName {
        match self {
            Self::Redis | Self::Both => TransportName::Redis,
            Self::Kafka => TransportName::Kafka,
        }
    }

    /// The faults that it may meet.
    pub fn faults(self) -> Vec<Sort> {
        match self {
            Self::Redis => Sort::all(),
            Self::Kafka => Sort::all_on_kafka(),
            Self::Both => Sort::all_on_both(),
        }
    }

    /// How long jobs are enqueued for, at least, so that each of its faults meets some.
    pub const fn least(self, pace: Pace) -> Duration {
        let least = pace.least();
        match self {
            Self::Redis | Self::Kafka => least,
            // Half as many lines again as there are with one broker.
            Self::Both => least.saturating_mul(2),
        }
    }
}
