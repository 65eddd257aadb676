-- Sets the broker that carries a queue's ids. Waits for relays that push to the queue just now: they
-- hold its row.
--
-- $1 queue  $2 transport  $3 who
INSERT INTO nexus.queues AS q (name, transport, changed_by) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE
SET transport = excluded.transport, changed_at = now(), changed_by = excluded.changed_by
RETURNING name, paused_at, paused_by, concurrency, transport, changed_at, changed_by
