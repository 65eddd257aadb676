-- The workflow that has a key, whether it runs or not.
--
-- $1 tenant  $2 key  $3 but for this one
SELECT id FROM nexus.workflows WHERE tenant_id = $1 AND key = $2 AND id <> $3
UNION ALL
SELECT id FROM nexus.workflow_history WHERE tenant_id = $1 AND key = $2 AND id <> $3
LIMIT 1
