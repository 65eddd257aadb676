-- The oldest rows that nobody has in hand.
SELECT id, tenant_id, type AS event_type, at, kind, queue, depth, job_ids, runs, event_id, subject, data
FROM nexus.events WHERE listener = $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
