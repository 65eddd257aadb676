-- Pauses queues, in order of their names. One that is paused already keeps since when and by whom.
--
-- $1 names  $2 who
INSERT INTO nexus.queues AS q (name, paused_at, paused_by, changed_by)
SELECT DISTINCT name, now(), $2, $2 FROM unnest($1) AS n(name) ORDER BY name
ON CONFLICT (name) DO UPDATE
SET paused_at = coalesce(q.paused_at, now()), paused_by = coalesce(q.paused_by, $2),
    changed_at = CASE WHEN q.paused_at IS NULL THEN now() ELSE q.changed_at END,
    changed_by = CASE WHEN q.paused_at IS NULL THEN $2 ELSE q.changed_by END
RETURNING name, paused_at, paused_by, concurrency, transport, changed_at, changed_by
