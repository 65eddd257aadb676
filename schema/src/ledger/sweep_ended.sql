-- What was asked of jobs that have ended since. An id never comes back.
DELETE FROM nexus.cancellations WHERE job_id IN (
    SELECT c.job_id FROM nexus.cancellations AS c
    WHERE NOT EXISTS (SELECT FROM nexus.jobs AS j WHERE j.id = c.job_id)
    ORDER BY c.job_id LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING job_id AS id
