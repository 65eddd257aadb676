-- A change of a job's state, as far as the ledger has kept it.
--
-- $1 job  $2 run  $3 type of the event
WITH job AS (
    SELECT tenant_id, kind, queue, run, state, coalesce(depth, 0::smallint) AS depth, created_at,
           started_at, NULL::timestamptz AS finished_at FROM nexus.jobs WHERE id = $1
    UNION ALL
    SELECT tenant_id, kind, queue, run, state, 0::smallint, created_at, started_at, finished_at
    FROM nexus.job_history WHERE id = $1
), happened AS (
    SELECT CASE WHEN $3 = 'job.enqueued' AND $2 = 0 THEN created_at
                WHEN $3 = 'job.started' AND $2 = run THEN started_at
                WHEN $3 = 'job.' || state AND $2 = run THEN finished_at
                WHEN $3 IN ('job.retrying', 'job.rescued') THEN (
                    SELECT failed_at FROM nexus.attempt_errors
                    WHERE job_id = $1 AND attempt_errors.run = $2
                      AND (reason = 'lost_lease') = ($3 = 'job.rescued')
                      AND failed_at IS DISTINCT FROM finished_at LIMIT 1) END AS at, *
    FROM job
)
SELECT tenant_id, at, kind, queue, depth FROM happened WHERE at IS NOT NULL LIMIT 1
