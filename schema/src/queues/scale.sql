-- Sets the concurrency of queues, in order of their names; null: as configured. A name that comes
-- twice has its last number.
--
-- $1 names  $2 numbers  $3 who
INSERT INTO nexus.queues AS q (name, concurrency, changed_by)
SELECT DISTINCT ON (name) name, concurrency, $3
FROM unnest($1, $2) WITH ORDINALITY AS n(name, concurrency, nth) ORDER BY name, nth DESC
ON CONFLICT (name) DO UPDATE
SET concurrency = excluded.concurrency, changed_at = now(), changed_by = $3
RETURNING name, paused_at, paused_by, concurrency, transport, changed_at, changed_by
