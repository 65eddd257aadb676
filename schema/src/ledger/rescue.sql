-- Leases that ran out. The first lost lease is noted but not counted and makes
-- its job a suspect; further ones count. Locked rows are skipped: whoever holds
-- the lock is settling the job just now. A job that still carries a token of
-- these leases keeps its lease row for the next look.
WITH expired AS MATERIALIZED (
    SELECT token, worker_id, job_ids FROM nexus.leases
    WHERE expires_at < now() ORDER BY token LIMIT $1 FOR UPDATE SKIP LOCKED
), lost AS MATERIALIZED (
    SELECT j.id, j.token, j.slots, e.worker_id,
           j.lost_leases > 0 AND j.attempt >= j.attempts_max AS spent
    FROM nexus.jobs AS j JOIN expired AS e ON j.id = ANY (e.job_ids) AND j.token = e.token
    ORDER BY j.id FOR UPDATE OF j SKIP LOCKED
), again AS (
    UPDATE nexus.jobs AS j
    SET state = 'available', token = NULL, slots = NULL, lost_leases = j.lost_leases + 1,
        attempt = CASE WHEN j.lost_leases = 0 THEN j.attempt - 1 ELSE j.attempt END,
        due_at = now()
    FROM lost AS l WHERE j.id = l.id AND NOT l.spent
    RETURNING j.id, j.tenant_id, j.queue, j.band, j.due_at, j.run, j.attempt, l.worker_id, j.kind, j.depth
), freed AS (
    INSERT INTO nexus.gate_ends (gate, jobs)
    SELECT unnest(slots), count(*) FROM lost WHERE slots IS NOT NULL AND NOT spent GROUP BY 1
), entry AS (
    INSERT INTO nexus.dispatch (tenant_id, queue, band, due_at, suspect, job_ids)
    SELECT tenant_id, queue, band, due_at, true, ARRAY[id] FROM again
), dead AS (
    SELECT b.*, l.worker_id
    FROM (SELECT array_agg(id) AS ids, array_agg(token) AS tokens,
                 array_agg('discarded'::text) AS states, array_agg($2::text) AS reasons
          FROM lost WHERE spent) AS s
    CROSS JOIN LATERAL nexus.bury(s.ids, s.tokens, s.states, s.reasons, NULL, true) AS b
    JOIN lost AS l USING (id)
), noted AS (
    INSERT INTO nexus.attempt_errors (tenant_id, job_id, run, attempt, reason, error, worker_id)
    SELECT tenant_id, id, run, attempt, 'lost_lease', $2, worker_id FROM again
    UNION ALL
    SELECT tenant_id, id, run, attempt, 'lost_lease', $2, worker_id FROM dead
), event AS (
    INSERT INTO nexus.events (listener, tenant_id, type, kind, queue, depth, job_ids, runs)
    SELECT l.listener, e.tenant_id, 'job.rescued', e.kind, e.queue, coalesce(e.depth, 0),
           array_agg(e.id ORDER BY e.id), array_agg(e.run ORDER BY e.id)
    FROM nexus.listened AS l JOIN again AS e ON l.kinds IS NULL OR e.kind = ANY (l.kinds)
    WHERE l.type IN ('job.rescued', '*')
    GROUP BY l.listener, e.tenant_id, e.kind, e.queue, e.depth
), closed AS (
    DELETE FROM nexus.leases AS l USING expired AS e
    WHERE l.token = e.token AND NOT EXISTS (
        SELECT FROM nexus.jobs AS j WHERE j.id = ANY (e.job_ids) AND j.token = e.token
          AND j.id NOT IN (SELECT id FROM lost))
)
SELECT id, false AS discarded FROM again UNION ALL SELECT id, true FROM dead
