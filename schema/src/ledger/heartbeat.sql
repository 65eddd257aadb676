WITH prolonged AS (
    UPDATE nexus.leases SET expires_at = now() + make_interval(secs => $2 / 1000.0)
    WHERE worker_id = $1
)
UPDATE nexus.workers SET seen_at = now(), health = $3 WHERE id = $1
