-- Enables or disables a trigger that is not so yet.
--
-- $1 name  $2 enabled or not  $3 why, where no person does it  $4 who
WITH changed AS (
    UPDATE nexus.triggers
    SET version = version + 1, enabled = $2, reason = $3, next_at = NULL, changed_at = now(), changed_by = $4
    WHERE name = $1 AND enabled <> $2
    RETURNING *
), kept AS (
    INSERT INTO nexus.trigger_versions (name, version, change, definition, reason, changed_by)
    SELECT name, version, CASE WHEN $2 THEN 'enabled' ELSE 'disabled' END, definition, reason, changed_by
    FROM changed
)
SELECT * FROM changed
