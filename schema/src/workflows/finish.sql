-- To history, with its nodes in one row.
--
-- $1 workflow  $2 state  $3 the job that it called, or null  $4 why there is none, or null
WITH gone AS (
    DELETE FROM nexus.workflows WHERE id = $1 RETURNING *
), node AS (
    DELETE FROM nexus.workflow_nodes WHERE workflow_id = $1 RETURNING *
)
INSERT INTO nexus.workflow_history (id, tenant_id, name, key, state, round, jobs, completed, discarded,
    cancelled, on_success, on_failure, called, depth, created_at, created_by, called_off_at, called_off_by,
    reason, finished_at, nodes)
SELECT id, tenant_id, name, key, $2, round, jobs, completed, discarded, cancelled, on_success, on_failure,
       called || $3::bigint[], depth, created_at, created_by, called_off_at, called_off_by,
       coalesce($4, reason), now(),
       (SELECT json_agg(json_build_object('node', n.node, 'name', n.name, 'kind', n.kind, 'job_id', n.job_id,
                   'state', n.state, 'needs', n.needs, 'before', n.before, 'next', n.next,
                   'entry_ids', n.entry_ids, 'delay_ms', n.delay_ms, 'finished_at', n.finished_at)
               ORDER BY n.node) FROM node AS n)
FROM gone
