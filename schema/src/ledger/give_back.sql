-- Hands running jobs back unspent, due at once.
WITH back AS (
    SELECT * FROM unnest($1::bigint[], $2::uuid[]) AS b(id, token)
), waiting AS (
    UPDATE nexus.jobs AS j
    SET state = 'available', token = NULL, attempt = j.attempt - 1, due_at = least(j.due_at, now())
    FROM back AS b WHERE j.id = b.id AND j.token = b.token
    RETURNING j.id, j.tenant_id, j.queue, j.band, j.due_at, j.lost_leases
), entry AS (
    INSERT INTO nexus.dispatch (tenant_id, queue, band, due_at, suspect, job_ids)
    SELECT tenant_id, queue, band, due_at, lost_leases > 0, ARRAY[id] FROM waiting
)
SELECT id FROM waiting
