-- $1 tenant  $2 name  $3 key  $4 jobs  $5 on_success  $6 on_failure  $7 depth  $8 who
INSERT INTO nexus.workflows (tenant_id, name, key, jobs, unfinished, on_success, on_failure, depth, created_by)
VALUES ($1, $2, $3, $4, $4, $5::json, $6::json, $7, $8)
ON CONFLICT (tenant_id, key) WHERE key IS NOT NULL DO NOTHING
RETURNING id
