-- Work from outside: where a job came from, and what its message said beside its arguments.
--
-- That each message is a job once is a row of nexus.reservations, which outlives the job.

CREATE TABLE nexus.job_origins (
    tenant_id bigint NOT NULL,
    job_id bigint NOT NULL,
    source text NOT NULL,
    source_id text NOT NULL,
    metadata json,
    taken_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job_id, taken_at)
) PARTITION BY RANGE (taken_at);
COMMENT ON TABLE nexus.job_origins IS 'Jobs that ingest took from other systems, by month.';
COMMENT ON COLUMN nexus.job_origins.source IS 'Who sent it: inbox:QUEUE, or requests:SOURCE.';
COMMENT ON COLUMN nexus.job_origins.source_id IS 'What it is called there.';
SELECT nexus.month_leaf('job_origins', (now() AT TIME ZONE 'UTC' + make_interval(months => ahead))::date)
FROM generate_series(0, 2) AS ahead;

GRANT SELECT, INSERT, UPDATE, DELETE ON nexus.job_origins TO nexus_app;
