-- To history, discarded or cancelled, with the reason and the attempt's error.
WITH ended AS (
    SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::text[], $5::text[])
        AS e(id, token, state, failure, error)
), gone AS (
    SELECT b.*, e.failure, e.error FROM nexus.bury($1, $2, $3, $5) AS b JOIN ended AS e USING (id)
), noted AS (
    INSERT INTO nexus.attempt_errors (tenant_id, job_id, run, attempt, reason, error, worker_id)
    SELECT tenant_id, id, run, attempt, failure, error, $6 FROM gone WHERE failure IS NOT NULL
)
SELECT id FROM gone
