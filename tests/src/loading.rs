//! A worker that is given one file after another, and must outlive them all.

use std::path::PathBuf;

use nexus_config::Settings;
use nexus_handlers::load_request::Requested;
use nexus_schema::datasets::LoadView;

use crate::bed::TestBed;
use crate::loads::Ended;
use crate::relay_run::RelayRun;
use crate::worker_run::WorkerRun;

/// The tables that datasets load into.
pub const TABLES: [&str; 5] = [
    "transactions",
    "expenses",
    "bank_statements",
    "parties",
    "calendars",
];

/// A good file, and the shipped profile that reads it.
const GOOD: &str = "VendorNum,Date,InvNum,Amount\n7,2010-03-01,A1,12.50\n";
const GOOD_PROFILE: &str = "corporate-payments";

/// A bed with a relay and one worker, which stays the same whatever it is given.
#[derive(Debug)]
pub struct Loading {
    _relay: RelayRun,
    _worker: WorkerRun,
    bed: TestBed,
}

impl Loading {
    /// Starts with the bed's settings.
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// Starts with other settings.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let bed = TestBed::with(change).await;
        Self {
            _relay: bed.relay(),
            _worker: WorkerRun::start(&bed),
            bed,
        }
    }

    /// The bed.
    pub const fn bed(&self) -> &TestBed {
        &self.bed
    }

    /// Loads bytes as a file of this name, into a case of its own.
    pub async fn ended(&self, name: &str, bytes: impl AsRef<[u8]>, profile: &str) -> Ended {
        let path = self.bed.data_file(name, bytes);
        self.bed.ended(self.bed.ask(&path, profile).await).await
    }

    /// Loads bytes, which must succeed at the first attempt.
    pub async fn loads(&self, name: &str, bytes: impl AsRef<[u8]>, profile: &str) -> Ended {
        let ended = self.ended(name, bytes, profile).await;
        let state = (&*ended.dataset.dataset.state, &*ended.job.job.state);
        assert_eq!(state, ("loaded", "completed"), "{ended:?}");
        assert_eq!((ended.job.job.run, ended.job.errors.len()), (1, 0));
        ended
    }

    /// Loads bytes, which must fail, and returns the error.
    pub async fn fails(&self, name: &str, bytes: impl AsRef<[u8]>, profile: &str) -> String {
        let path = self.bed.data_file(name, bytes);
        let requested = self.bed.ask(&path, profile).await;
        self.has_failed(requested).await
    }

    /// A load must fail for good at its first attempt and leave no row; then the same worker must
    /// load a good file. Returns the error, without this bed's own names.
    pub async fn has_failed(&self, requested: Requested) -> String {
        let ended = self.bed.ended(requested).await;
        self.nothing_is_left(&ended).await;
        assert_eq!((ended.job.job.run, ended.job.errors.len()), (1, 1));
        self.still_loads().await;
        let error = ended.dataset.dataset.error.unwrap_or_default();
        error.replace(&self.bed.dir().display().to_string(), "DIR")
    }

    /// A load that failed: its dataset and its job say the same, and no row of it is there.
    pub async fn nothing_is_left(&self, ended: &Ended) {
        let (about, job) = (&ended.dataset.dataset, &ended.job.job);
        let states = (&*about.state, &*job.state);
        assert_eq!(states, ("failed", "discarded"), "{ended:?}");
        assert_eq!(about.error, job.reason);
        assert_eq!((about.rows_loaded, load(ended).rows_loaded), (0, 0));
        for table in TABLES {
            let of = format!("dataset_id = {}", about.id);
            assert_eq!(self.bed.count(table, &of).await, 0, "{table}");
        }
        let of = format!("id = {}", job.id);
        assert_eq!(self.bed.count("jobs", &of).await, 0);
    }

    /// The worker is unharmed.
    pub async fn still_loads(&self) {
        let ended = self.loads("good.csv", GOOD, GOOD_PROFILE).await;
        assert_eq!(ended.dataset.dataset.rows_loaded, 1);
    }

    /// A path below the allowed root.
    pub fn path(&self, name: &str) -> PathBuf {
        self.bed.dir().join("data").join(name)
    }
}

/// The only load of a dataset.
///
/// # Panics
///
/// If there is another number of them than one.
pub fn load(ended: &Ended) -> &LoadView {
    let [load] = &ended.dataset.loads[..] else {
        panic!("one load: {ended:?}");
    };
    load
}
