-- Makes a schedule or changes it. Versions go on where one of that name was removed before.
--
-- $1 name  $2 definition  $3 origin  $4 its next tick  $5 who
WITH changed AS (
    INSERT INTO nexus.schedules AS s (name, version, definition, origin, next_at, created_by, changed_by)
    SELECT $1, 1 + coalesce((SELECT max(version) FROM nexus.schedule_versions WHERE name = $1), 0), $2, $3, $4,
           $5, $5
    ON CONFLICT (name) DO UPDATE
    SET version = s.version + 1, definition = excluded.definition, origin = excluded.origin,
        next_at = CASE WHEN s.paused_at IS NULL THEN excluded.next_at END, changed_at = now(),
        changed_by = excluded.changed_by
    RETURNING *
)
INSERT INTO nexus.schedule_versions (name, version, change, definition, changed_by)
SELECT name, version, 'set', definition, changed_by FROM changed
