-- Hands running jobs back unspent, due at once.
WITH back AS (
    SELECT j.id, j.slots FROM unnest($1::bigint[], $2::uuid[]) AS b(id, token)
    JOIN nexus.jobs AS j ON j.id = b.id AND j.token = b.token
    ORDER BY j.id FOR NO KEY UPDATE OF j
), waiting AS (
    UPDATE nexus.jobs AS j
    SET state = 'available', token = NULL, slots = NULL, attempt = j.attempt - 1,
        due_at = least(j.due_at, now())
    FROM back AS b WHERE j.id = b.id
    RETURNING j.id, j.tenant_id, j.queue, j.band, j.due_at, j.lost_leases, j.kind, j.run, j.depth
), freed AS (
    INSERT INTO nexus.gate_ends (gate, jobs)
    SELECT unnest(slots), count(*) FROM back WHERE slots IS NOT NULL GROUP BY 1
), entry AS (
    INSERT INTO nexus.dispatch (tenant_id, queue, band, due_at, suspect, job_ids)
    SELECT tenant_id, queue, band, due_at, lost_leases > 0, ARRAY[id] FROM waiting
), event AS (
    INSERT INTO nexus.events (listener, tenant_id, type, kind, queue, depth, job_ids, runs)
    SELECT l.listener, e.tenant_id, 'job.handed_back', e.kind, e.queue, coalesce(e.depth, 0),
           array_agg(e.id ORDER BY e.id), array_agg(e.run ORDER BY e.id)
    FROM nexus.listened AS l JOIN waiting AS e ON l.kinds IS NULL OR e.kind = ANY (l.kinds)
    WHERE l.type IN ('job.handed_back', '*')
    GROUP BY l.listener, e.tenant_id, e.kind, e.queue, e.depth
)
SELECT id FROM waiting
