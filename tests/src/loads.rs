//! Datasets: asked for, loaded, and what of them stands in the tables.

use std::io::Write;
use std::path::{Path, PathBuf};

use diesel::sql_types::{BigInt, Numeric, Text};
use diesel::{QueryableByName, sql_query};
use diesel_async::RunQueryDsl;
use flate2::Compression;
use flate2::write::GzEncoder;
use nexus_handlers::generate::{Expected, Generator};
use nexus_handlers::load_request::{
    LoadInto, LoadRequest, LoadRequestError, LoadSource, ProfileChoice, Requested, request_load,
};
use nexus_handlers::source::Sources;
use nexus_jobs::{CaseId, DatasetId, TenantId};
use nexus_schema::cases;
use nexus_schema::datasets::{self, DatasetDetail};
use nexus_schema::jobs::{self, JobDetail};
use nexus_schema::money::Total;
use uuid::Uuid;

use crate::bed::{BOUND, TestBed, actor};
use crate::eventually::eventually;
use crate::relay_run::RelayRun;

/// The shipped profile of generated files.
pub const CANONICAL: &str = "canonical-transactions";

/// The rows of one dataset, counted in the table itself.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct RowsFound {
    /// Rows.
    #[diesel(sql_type = BigInt)]
    pub rows: i64,
    /// Different row numbers: fewer than rows where one is there twice.
    #[diesel(sql_type = BigInt)]
    pub row_numbers: i64,
    /// The sum of their amounts.
    #[diesel(sql_type = Numeric)]
    pub sum: Total,
    /// Of every field of every row but the dataset and its case.
    #[diesel(sql_type = Text)]
    pub fingerprint: String,
}

/// A load that came to its end, whichever.
#[derive(Clone, Debug)]
pub struct Ended {
    /// What stands of the dataset.
    pub dataset: DatasetDetail,
    /// What stands of its job.
    pub job: JobDetail,
}

impl TestBed {
    /// Writes a file below the allowed root.
    pub fn data_file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir().join("data").join(name);
        std::fs::write(&path, bytes).expect("a file");
        path
    }

    /// Starts a relay over its part of Redis.
    pub fn relay(&self) -> RelayRun {
        RelayRun::start(self.pool(), self.transport(), &self.settings().relay)
    }

    /// Opens a case.
    pub async fn open_case(&self) -> CaseId {
        let name = format!("case {}", Uuid::new_v4().simple());
        let mut conn = self.conn().await;
        let case = cases::open(&mut conn, TenantId(1), &name, "examiner", &actor()).await;
        CaseId(case.expect("a case").id)
    }

    /// Asks for a load as a new dataset.
    pub async fn request(
        &self,
        case: CaseId,
        path: &Path,
        profile: &str,
    ) -> Result<Requested, LoadRequestError> {
        let into = LoadInto::New { case, name: None };
        self.request_into(into, path, profile, false).await
    }

    /// Asks for a load.
    pub async fn request_into(
        &self,
        into: LoadInto,
        path: &Path,
        profile: &str,
        force: bool,
    ) -> Result<Requested, LoadRequestError> {
        let request = LoadRequest {
            into,
            source: LoadSource::Named(path.to_string_lossy().into_owned()),
            profile: ProfileChoice::read(profile, None),
            force,
        };
        let sources = Sources::new(&self.settings().datasets);
        let producer = self.producer();
        let mut conn = self.conn().await;
        request_load(&mut conn, &producer, &sources, &request, &actor()).await
    }

    /// Asks for a load into a new case, which must be granted.
    pub async fn ask(&self, path: &Path, profile: &str) -> Requested {
        let case = self.open_case().await;
        let requested = self.request(case, path, profile).await;
        requested.expect("a load that may be asked for")
    }

    /// Asks for a file to be appended, which must be granted.
    pub async fn append(&self, dataset: DatasetId, path: &Path) -> Requested {
        let into = LoadInto::Append(dataset);
        let requested = self.request_into(into, path, CANONICAL, false).await;
        requested.expect("an append that may be asked for")
    }

    /// What stands of a dataset.
    pub async fn dataset(&self, id: DatasetId) -> DatasetDetail {
        let found = datasets::find(&mut *self.conn().await, id).await;
        found.expect("a look").expect("the dataset")
    }

    /// Waits until a load has come to its end.
    pub async fn ended(&self, requested: Requested) -> Ended {
        let job = eventually("the load ends", BOUND, async || {
            let found = jobs::find(&mut *self.conn().await, requested.job_id).await;
            let job = found.expect("a look").expect("the job");
            job.job.finished_at.is_some().then_some(job)
        })
        .await;
        Ended {
            dataset: self.dataset(requested.dataset_id).await,
            job,
        }
    }

    /// Waits until so many rows of a dataset are read and committed.
    pub async fn has_read(&self, dataset: DatasetId, rows: i64) {
        eventually("rows are committed", BOUND, async || {
            let read = self.dataset(dataset).await.dataset.rows_read;
            (read >= rows).then_some(())
        })
        .await;
    }

    /// The rows of a dataset of transactions, as everybody sees them: through the
    /// parent, as `nexus_app`.
    pub async fn rows(&self, dataset: DatasetId) -> RowsFound {
        sql_query(
            "SELECT count(*) AS rows, count(DISTINCT row_no) AS row_numbers, \
             coalesce(sum(amount), 0) AS sum, coalesce(sum(hashtextextended(\
             (to_jsonb(t) - 'dataset_id' - 'case_id')::text, 0)::numeric), 0)::text AS fingerprint \
             FROM nexus.transactions AS t WHERE dataset_id = $1",
        )
        .bind::<BigInt, _>(dataset.0)
        .get_result(&mut *self.conn().await)
        .await
        .expect("the rows")
    }
}

/// A generated file's bytes, and what a load of it must find.
pub fn generated(rows: u64, seed: u64, faults_per_mille: u32) -> (Vec<u8>, Expected) {
    let mut bytes = Vec::new();
    let generator = Generator {
        rows,
        seed,
        faults_per_mille,
    };
    let expected = generator.write(&mut bytes).expect("a generated file");
    (bytes, expected)
}

/// The sum over all currencies that a generated file's rows have.
pub fn whole_sum(expected: &Expected) -> Total {
    let mut sum = Total::default();
    for tally in expected.currencies.values() {
        sum += tally.sum;
    }
    sum
}

/// Compresses with gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("gzip");
    encoder.finish().expect("gzip")
}
