-- To history, completed; leases whose jobs are all settled close with it. A stale
-- token drops only its own job.
WITH done AS (
    SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::text[]) AS d(id, token, result)
), gone AS (
    DELETE FROM nexus.jobs AS j USING done AS d WHERE j.id = d.id AND j.token = d.token
    RETURNING j.*, d.result
), kept AS (
    INSERT INTO nexus.job_history (id, tenant_id, kind, queue, band, state, due_at, run, attempt,
        attempts_max, lost_leases, timeout_ms, tags, args, created_at, created_by, started_at,
        finished_at, result)
    SELECT id, tenant_id, kind, queue, band, 'completed', due_at, run, attempt, attempts_max,
           lost_leases, timeout_ms, tags, args, created_at, created_by, started_at, now(),
           result::json
    FROM gone
), closed AS (
    DELETE FROM nexus.leases WHERE token = ANY ($4)
)
SELECT id FROM gone
