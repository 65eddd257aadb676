-- Prolongs the leases that the process knows of. One that it does not know (its claim committed
-- after the process had given it up) runs out, and its jobs are rescued.
--
-- $1 worker  $2 lease in ms  $3 health  $4 tokens of its leases
WITH prolonged AS (
    UPDATE nexus.leases SET expires_at = now() + make_interval(secs => $2 / 1000.0)
    WHERE token = ANY ($4) AND worker_id = $1
)
UPDATE nexus.workers SET seen_at = now(), health = $3 WHERE id = $1
