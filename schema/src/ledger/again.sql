-- Back to waiting, due after a while, with a dispatch row of its own. A retry
-- keeps the attempt and notes its error; a snooze (no failure) takes it back.
WITH again AS (
    SELECT a.*, j.slots FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::text[], $5::text[])
        AS a(id, token, wait_ms, failure, error)
    JOIN nexus.jobs AS j ON j.id = a.id AND j.token = a.token
    ORDER BY a.id FOR NO KEY UPDATE OF j
), waiting AS (
    UPDATE nexus.jobs AS j
    SET state = 'retryable', token = NULL, slots = NULL,
        attempt = CASE WHEN a.failure IS NULL THEN j.attempt - 1 ELSE j.attempt END,
        due_at = now() + make_interval(secs => a.wait_ms / 1000.0)
    FROM again AS a WHERE j.id = a.id
    RETURNING j.id, j.tenant_id, j.queue, j.band, j.due_at, j.run, j.attempt, j.lost_leases,
              j.kind, j.depth, a.failure, a.error
), freed AS (
    INSERT INTO nexus.gate_ends (gate, jobs)
    SELECT unnest(slots), count(*) FROM again WHERE slots IS NOT NULL GROUP BY 1
), entry AS (
    INSERT INTO nexus.dispatch (tenant_id, queue, band, due_at, suspect, job_ids)
    SELECT tenant_id, queue, band, due_at, lost_leases > 0, ARRAY[id] FROM waiting
), noted AS (
    INSERT INTO nexus.attempt_errors (tenant_id, job_id, run, attempt, reason, error, worker_id)
    SELECT tenant_id, id, run, attempt, failure, error, $6 FROM waiting WHERE failure IS NOT NULL
), event AS (
    INSERT INTO nexus.events (listener, tenant_id, type, kind, queue, depth, job_ids, runs)
    SELECT l.listener, e.tenant_id, e.type, e.kind, e.queue, coalesce(e.depth, 0),
           array_agg(e.id ORDER BY e.id), array_agg(e.run ORDER BY e.id)
    FROM nexus.listened AS l
    JOIN (SELECT *, CASE WHEN failure IS NULL THEN 'job.snoozed' ELSE 'job.retrying' END AS type
          FROM waiting) AS e
         ON l.type IN (e.type, '*') AND (l.kinds IS NULL OR e.kind = ANY (l.kinds))
    GROUP BY l.listener, e.tenant_id, e.type, e.kind, e.queue, e.depth
)
SELECT id FROM waiting
