-- Due rows of a lane, each tenant's earliest ones, locked; rows that another relay holds are skipped.
-- A skip scan over the lane's tenants, one probe a tenant, however many rows each has waiting. A
-- tenant without a row that can be had is there with nulls.
--
-- $1 queue  $2 band  $3 after this tenant  $4 most tenants  $5 most rows of all of them together
WITH RECURSIVE tenant AS (
    (SELECT tenant_id, due_at, 1::bigint AS nth FROM nexus.dispatch
     WHERE queue = $1 AND band = $2 AND epoch IS NULL AND tenant_id > $3
     ORDER BY tenant_id, due_at LIMIT 1)
    UNION ALL
    SELECT next.tenant_id, next.due_at, tenant.nth + 1 FROM tenant CROSS JOIN LATERAL (
        SELECT tenant_id, due_at FROM nexus.dispatch
        WHERE queue = $1 AND band = $2 AND epoch IS NULL AND tenant_id > tenant.tenant_id
        ORDER BY tenant_id, due_at LIMIT 1
    ) AS next
    WHERE tenant.nth < $4
), share AS (
    SELECT greatest($5 / greatest(count(*), 1), 1) AS rows FROM tenant WHERE due_at <= now()
)
SELECT t.tenant_id, due.id, due.job_ids, due.suspect
FROM tenant AS t LEFT JOIN LATERAL (
    SELECT id, job_ids, suspect FROM nexus.dispatch AS d
    WHERE d.queue = $1 AND d.band = $2 AND d.epoch IS NULL AND d.tenant_id = t.tenant_id
      AND d.due_at <= now()
    ORDER BY d.due_at, d.id LIMIT (SELECT rows FROM share) FOR UPDATE SKIP LOCKED
) AS due ON t.due_at <= now()
ORDER BY t.nth
