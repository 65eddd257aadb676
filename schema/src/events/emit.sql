-- What a handler found. Its id is the same for all listeners.
--
-- $1 job  $2 token  $3 type  $4 id, or null for a new one  $5 subject  $6 data
WITH source AS MATERIALIZED (
    SELECT id, run, tenant_id, kind, queue, coalesce(depth, 0) AS depth,
           coalesce($4, gen_random_uuid()::text) AS event_id
    FROM nexus.jobs WHERE id = $1 AND token = $2
)
INSERT INTO nexus.events (listener, tenant_id, type, kind, queue, depth, job_ids, runs, event_id, subject, data)
SELECT l.listener, s.tenant_id, $3, s.kind, s.queue, s.depth, ARRAY[s.id], ARRAY[s.run], s.event_id, $5, $6
FROM source AS s JOIN nexus.listened AS l
     ON l.type IN ($3, '*') AND (l.kinds IS NULL OR s.kind = ANY (l.kinds))
