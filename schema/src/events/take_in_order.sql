-- The oldest rows. Of one job, what comes later is committed later, so nothing is left out between.
SELECT id, tenant_id, type AS event_type, at, kind, queue, depth, job_ids, runs, event_id, subject, data
FROM nexus.events WHERE listener = $1 ORDER BY id LIMIT $2
