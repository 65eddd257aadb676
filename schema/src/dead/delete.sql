WITH errors AS (
    DELETE FROM nexus.attempt_errors WHERE job_id = ANY ($1)
), log AS (
    DELETE FROM nexus.job_logs WHERE job_id = ANY ($1)
), origins AS (
    DELETE FROM nexus.job_origins WHERE job_id = ANY ($1)
)
DELETE FROM nexus.job_history AS h USING unnest($1, $2) AS d(id, finished_at)
WHERE h.id = d.id AND h.finished_at = d.finished_at
