-- Releases jobs that waited for a worker that knows their kind.
WITH known AS (
    SELECT id FROM nexus.jobs WHERE parked = 'unknown_kind' AND coalesce(parked_on, kind) = ANY ($1)
    ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
), released AS (
    UPDATE nexus.jobs AS j SET parked = NULL FROM known AS k WHERE j.id = k.id
    RETURNING j.id, j.tenant_id, j.queue, j.band, j.due_at, j.lost_leases
), entry AS (
    INSERT INTO nexus.dispatch (tenant_id, queue, band, due_at, suspect, job_ids)
    SELECT tenant_id, queue, band, due_at, lost_leases > 0, ARRAY[id] FROM released
)
SELECT id FROM released
