-- To history, discarded or cancelled, with the reason and the attempt's error.
WITH ended AS (
    SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::text[], $5::text[])
        AS e(id, token, state, failure, error)
), gone AS (
    DELETE FROM nexus.jobs AS j USING ended AS e WHERE j.id = e.id AND j.token = e.token
    RETURNING j.*, e.state AS final, e.failure, e.error
), kept AS (
    INSERT INTO nexus.job_history (id, tenant_id, kind, queue, band, state, due_at, run, attempt,
        attempts_max, lost_leases, timeout_ms, tags, args, created_at, created_by, started_at,
        finished_at, reason)
    SELECT id, tenant_id, kind, queue, band, final, due_at, run, attempt, attempts_max,
           lost_leases, timeout_ms, tags, args, created_at, created_by, started_at, now(), error
    FROM gone
), noted AS (
    INSERT INTO nexus.attempt_errors (tenant_id, job_id, run, attempt, reason, error, worker_id)
    SELECT tenant_id, id, run, attempt, failure, error, $6 FROM gone WHERE failure IS NOT NULL
)
SELECT id FROM gone
