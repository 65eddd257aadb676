-- To history, completed; leases whose jobs are all settled close with it. A stale
-- token drops only its own job. What a job held is let go: slots, its reservation,
-- its turn, locked in the order of keys as enqueue does. For most jobs these find nothing
-- in `gone`, and cost next to nothing.
WITH done AS (
    SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::text[]) AS d(id, token, result)
), gone AS (
    DELETE FROM nexus.jobs AS j USING done AS d WHERE j.id = d.id AND j.token = d.token
    RETURNING j.*, d.result
), freed AS (
    INSERT INTO nexus.gate_ends (gate, jobs)
    SELECT unnest(slots), count(*) FROM gone WHERE slots IS NOT NULL GROUP BY 1
), kept AS (
    INSERT INTO nexus.job_history (id, tenant_id, kind, queue, band, state, due_at, run, attempt,
        attempts_max, lost_leases, timeout_ms, tags, args, created_at, created_by, started_at,
        expires_at, order_key, limit_key, backoff, replay_of, progress, workflow_id, workflow_node,
        finished_at, result)
    SELECT id, tenant_id, kind, queue, band, 'completed', due_at, run, attempt, attempts_max,
           lost_leases, timeout_ms, tags, args, created_at, created_by, started_at,
           expires_at, order_key, limit_key, backoff, replay_of, progress, workflow_id, workflow_node,
           now(), result::json
    FROM gone
), told AS (
    INSERT INTO nexus.workflow_ends (workflow_id, job_id, node, state)
    SELECT workflow_id, id, workflow_node, 'completed' FROM gone WHERE workflow_node IS NOT NULL
), closed AS (
    DELETE FROM nexus.leases WHERE token = ANY ($4)
), held AS (
    SELECT r.key FROM gone AS g JOIN nexus.reservations AS r ON r.key = g.unique_key AND r.job_id = g.id
    WHERE g.unique_key IS NOT NULL AND NOT r.outlives ORDER BY r.key FOR UPDATE OF r
), released AS (
    DELETE FROM nexus.reservations AS r USING held AS h WHERE r.key = h.key RETURNING 1
), turns AS (
    SELECT o.tenant_id, o.key FROM gone AS g
    JOIN nexus.order_keys AS o ON o.tenant_id = g.tenant_id AND o.key = g.order_key AND o.head = g.id
    WHERE g.order_key IS NOT NULL AND (SELECT count(*) FROM released) >= 0
    ORDER BY o.tenant_id, o.key FOR NO KEY UPDATE OF o
), passed AS (
    UPDATE nexus.order_keys AS o SET head = NULL FROM turns AS t
    WHERE o.tenant_id = t.tenant_id AND o.key = t.key
), event AS (
    INSERT INTO nexus.events (listener, tenant_id, type, kind, queue, depth, job_ids, runs)
    SELECT l.listener, e.tenant_id, 'job.completed', e.kind, e.queue, coalesce(e.depth, 0),
           array_agg(e.id ORDER BY e.id), array_agg(e.run ORDER BY e.id)
    FROM nexus.listened AS l JOIN gone AS e ON l.kinds IS NULL OR e.kind = ANY (l.kinds)
    WHERE l.type IN ('job.completed', '*')
    GROUP BY l.listener, e.tenant_id, e.kind, e.queue, e.depth
)
SELECT id FROM gone
