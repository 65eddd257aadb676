-- $1 name  $2 its next tick  $3 who
WITH changed AS (
    UPDATE nexus.schedules
    SET version = version + 1, paused_at = NULL, paused_by = NULL, next_at = $2, changed_at = now(),
        changed_by = $3
    WHERE name = $1 AND paused_at IS NOT NULL
    RETURNING *
)
INSERT INTO nexus.schedule_versions (name, version, change, definition, changed_by)
SELECT name, version, 'resumed', definition, changed_by FROM changed
