-- A page of jobs, the newest first, over live and history by one keyset. Each arm
-- walks its key backwards from the cursor and stops at the page's size.
SELECT * FROM (
    (SELECT id, tenant_id, kind, queue, band,
            CASE WHEN state = 'scheduled' AND due_at <= now() THEN 'available' ELSE state END AS state,
            due_at, run, attempt, attempts_max, lost_leases, parked, timeout_ms, tags, args,
            created_at, created_by, started_at, NULL::timestamptz AS finished_at,
            NULL::json AS result, NULL::text AS reason, expires_at, unique_key, order_key,
            limit_key, backoff, replay_of, progress, parked_on, NULL::bigint AS replayed_as,
            NULL::text AS ended_by, workflow_id, workflow_node
     FROM nexus.jobs
     WHERE id < $1 AND ($2::text[] IS NULL
           OR CASE WHEN state = 'scheduled' AND due_at <= now() THEN 'available' ELSE state END = ANY ($2))
       AND ($3::text IS NULL OR kind = $3) AND ($4::text IS NULL OR queue = $4)
       AND ($5::bigint IS NULL OR tenant_id = $5) AND ($6::text IS NULL OR $6 = ANY (tags))
     ORDER BY id DESC LIMIT $7)
    UNION ALL
    (SELECT id, tenant_id, kind, queue, band, state, due_at, run, attempt, attempts_max,
            lost_leases, NULL, timeout_ms, tags, args, created_at, created_by, started_at,
            finished_at, result, reason, expires_at, NULL, order_key, limit_key, backoff, replay_of,
            progress, NULL, replayed_as, ended_by, workflow_id, workflow_node
     FROM nexus.job_history
     WHERE id < $1 AND ($2::text[] IS NULL OR state = ANY ($2))
       AND ($3::text IS NULL OR kind = $3) AND ($4::text IS NULL OR queue = $4)
       AND ($5::bigint IS NULL OR tenant_id = $5) AND ($6::text IS NULL OR $6 = ANY (tags))
     ORDER BY id DESC LIMIT $7)
) AS page
ORDER BY id DESC LIMIT $7
