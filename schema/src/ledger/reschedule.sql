-- Another due time for waiting jobs, with a dispatch row of its own; the old row finds them not due,
-- or gone. A parked job keeps its place: its releaser dispatches it by the new time. What had been let
-- in by its gates and now waits for long lets others in.
--
-- $1 ids  $2 wait in ms from now  $3 or a time
WITH held AS MATERIALIZED (
    SELECT id, slots, at, at > now() AS later
    FROM nexus.jobs,
         LATERAL (SELECT coalesce($3, now() + make_interval(secs => $2 / 1000.0)) AS at) AS due
    WHERE id = ANY ($1) AND token IS NULL
    ORDER BY id FOR NO KEY UPDATE OF jobs
), moved AS (
    UPDATE nexus.jobs AS j
    SET due_at = h.at, slots = CASE WHEN h.later THEN NULL ELSE j.slots END,
        state = CASE WHEN j.state = 'retryable' THEN j.state
                     WHEN h.later THEN 'scheduled' ELSE 'available' END
    FROM held AS h WHERE j.id = h.id
    RETURNING j.id, j.tenant_id, j.queue, j.band, j.due_at, j.lost_leases, j.parked
), freed AS (
    INSERT INTO nexus.gate_ends (gate, jobs)
    SELECT unnest(slots), count(*) FROM held WHERE slots IS NOT NULL AND later GROUP BY 1
), entry AS (
    INSERT INTO nexus.dispatch (tenant_id, queue, band, due_at, suspect, job_ids)
    SELECT tenant_id, queue, band, due_at, lost_leases > 0, ARRAY[id] FROM moved WHERE parked IS NULL
), wake AS (
    SELECT pg_notify('nexus_relay', '') FROM nexus.relays
    WHERE sleeping AND seen_at > now() - interval '30 s' LIMIT 1
)
SELECT id, due_at, (SELECT count(*) FROM wake) AS woken FROM moved
