-- What was asked of jobs that have ended since. An id never comes back.
DELETE FROM nexus.cancellations WHERE job_id IN (
    SELECT job_id FROM nexus.cancellations
    WHERE job_id <> ALL (ARRAY(
        SELECT id FROM nexus.jobs
        WHERE id = ANY (ARRAY(SELECT job_id FROM nexus.cancellations))))
    ORDER BY job_id LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING job_id AS id
