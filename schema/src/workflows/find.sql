SELECT id, tenant_id, name, key, 'running' AS state, round, jobs, unfinished, completed, discarded, cancelled,
       called, created_at, created_by, called_off_at, called_off_by, reason, NULL::timestamptz AS finished_at
FROM nexus.workflows WHERE id = $1
UNION ALL
SELECT id, tenant_id, name, key, state, round, jobs, 0, completed, discarded, cancelled, called, created_at,
       created_by, called_off_at, called_off_by, reason, finished_at
FROM nexus.workflow_history WHERE id = $1
LIMIT 1
