//! Settings of NEXUS Jobs, and telemetry start-up.
//!
//! `default.toml` holds every setting with its default, unit and reason. [`Settings::load`] puts a
//! settings file and the environment on top of it, and reports every mistake at once;
//! [`Settings::defaults`] is the same without either, for tests to start from.

mod bytes;
mod checks;
mod defaults;
mod key;
mod load;
mod mistakes;
mod object_url;
mod origin;
mod roots;
mod secret;
mod secret_url;
mod settings;
mod shown;
mod span;
mod store_url;
mod suggest;
pub mod telemetry;

pub use bytes::{Bytes, NotASize};
pub use defaults::DEFAULT_TOML;
pub use load::{LoadFrom, Loaded, process_env};
pub use mistakes::{Mistake, Mistakes};
pub use object_url::{NotAnObjectUrl, ObjectPrefix, ObjectUrl, StoreScheme};
pub use origin::Origin;
pub use roots::{NotAdmitted, NotAdmittedReason, Roots};
pub use secret::Secret;
pub use secret_url::{NotAUrl, SecretUrl};
pub use settings::{
    Api, Backoff, BandPolicy, BandWeights, Codec, Datasets, Enqueue, Events, History, Inbox,
    InboxQueue, Kafka, KafkaCompression, KafkaSecurity, Kind, Kinds, Lease, Limits, Log, LogFormat,
    PROCESSES_MAX, Postgres, Redis, Relay, Requests, Rescue, Retry, SaslMechanism, ScheduleEnqueue,
    ScheduleJob, Schedules, Settings, Store, Strategy, Supervisor, Triggers, Workers, Workflows,
};
pub use shown::ShownSetting;
pub use span::{NotASpan, Span};
pub use store_url::{NotAStoreUrl, StoreUrl, file_url_path};
