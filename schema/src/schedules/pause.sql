-- $1 name  $2 who
WITH changed AS (
    UPDATE nexus.schedules
    SET version = version + 1, paused_at = now(), paused_by = $2, next_at = NULL, changed_at = now(),
        changed_by = $2
    WHERE name = $1 AND paused_at IS NULL
    RETURNING *
)
INSERT INTO nexus.schedule_versions (name, version, change, definition, changed_by)
SELECT name, version, 'paused', definition, changed_by FROM changed
