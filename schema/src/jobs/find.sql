-- One job, live or finished. A scheduled job that is due shows as available:
-- nothing needs to touch its row for the time to pass.
SELECT id, tenant_id, kind, queue, band,
       CASE WHEN state = 'scheduled' AND due_at <= now() THEN 'available' ELSE state END AS state,
       due_at, run, attempt, attempts_max, lost_leases, parked, timeout_ms, tags, args, created_at,
       created_by, started_at, NULL::timestamptz AS finished_at, NULL::json AS result,
       NULL::text AS reason, expires_at, unique_key, order_key, limit_key, backoff, replay_of, progress,
       parked_on, NULL::bigint AS replayed_as, NULL::text AS ended_by, workflow_id, workflow_node
FROM nexus.jobs WHERE id = $1
UNION ALL
SELECT id, tenant_id, kind, queue, band, state, due_at, run, attempt, attempts_max, lost_leases,
       NULL, timeout_ms, tags, args, created_at, created_by, started_at, finished_at, result, reason,
       expires_at, NULL, order_key, limit_key, backoff, replay_of, progress, NULL, replayed_as, ended_by,
       workflow_id, workflow_node
FROM nexus.job_history WHERE id = $1
LIMIT 1
