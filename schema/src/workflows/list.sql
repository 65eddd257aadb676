-- A page of workflows, the newest first, over those that run and history by one keyset.
--
-- $1 below this id  $2 state  $3 name  $4 tenant  $5 how many
SELECT * FROM (
    (SELECT id, tenant_id, name, key, 'running' AS state, round, jobs, unfinished, completed, discarded,
            cancelled, called, created_at, created_by, called_off_at, called_off_by, reason,
            NULL::timestamptz AS finished_at
     FROM nexus.workflows
     WHERE id < $1 AND coalesce($2 = 'running', true) AND ($3::text IS NULL OR name = $3)
       AND ($4::bigint IS NULL OR tenant_id = $4)
     ORDER BY id DESC LIMIT $5)
    UNION ALL
    (SELECT id, tenant_id, name, key, state, round, jobs, 0, completed, discarded, cancelled, called,
            created_at, created_by, called_off_at, called_off_by, reason, finished_at
     FROM nexus.workflow_history
     WHERE id < $1 AND coalesce(state = $2, true) AND ($3::text IS NULL OR name = $3)
       AND ($4::bigint IS NULL OR tenant_id = $4)
     ORDER BY id DESC LIMIT $5)
) AS page
ORDER BY id DESC LIMIT $5
