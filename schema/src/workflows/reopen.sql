-- A workflow back from history, with its nodes: those that run again have another job, and wait for so
-- many that do as well.
--
-- $1 workflow  $2 nodes that run again  $3 their jobs  $4 for how many each waits
WITH kept AS (
    DELETE FROM nexus.workflow_history WHERE id = $1 RETURNING *
), flow AS (
    INSERT INTO nexus.workflows (id, tenant_id, name, key, round, jobs, unfinished, completed, on_success,
        on_failure, called, depth, created_at, created_by)
    SELECT id, tenant_id, name, key, round + 1, jobs, cardinality($2), jobs - cardinality($2), on_success,
           on_failure, called, depth, created_at, created_by
    FROM kept
)
INSERT INTO nexus.workflow_nodes (workflow_id, tenant_id, node, name, kind, job_id, state, needs, waits_for,
    before, next, entry_ids, delay_ms, finished_at)
SELECT k.id, k.tenant_id, n.node, n.name, n.kind, coalesce(a.job, n.job_id),
       CASE WHEN a.job IS NULL THEN n.state WHEN a.waits_for = 0 THEN 'free' ELSE 'waiting' END, n.needs,
       coalesce(a.waits_for, 0), n.before, n.next, n.entry_ids, n.delay_ms,
       CASE WHEN a.job IS NULL THEN n.finished_at END
FROM kept AS k
CROSS JOIN LATERAL json_to_recordset(k.nodes) AS n(node integer, name text, kind text, job_id bigint,
    state text, needs text, before integer[], next integer[], entry_ids integer, delay_ms bigint,
    finished_at timestamptz)
LEFT JOIN unnest($2::integer[], $3::bigint[], $4::integer[]) AS a(node, job, waits_for) ON a.node = n.node
