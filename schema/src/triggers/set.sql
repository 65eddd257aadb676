-- Makes a trigger or changes it. Versions go on where a trigger of that name was removed before.
--
-- $1 name  $2 definition  $3 who
WITH changed AS (
    INSERT INTO nexus.triggers AS t (name, version, definition, created_by, changed_by)
    SELECT $1, 1 + coalesce((SELECT max(version) FROM nexus.trigger_versions WHERE name = $1), 0), $2, $3, $3
    ON CONFLICT (name) DO UPDATE
    SET version = t.version + 1, definition = excluded.definition, changed_at = now(),
        changed_by = excluded.changed_by
    RETURNING *
), kept AS (
    INSERT INTO nexus.trigger_versions (name, version, change, definition, changed_by)
    SELECT name, version, 'set', definition, changed_by FROM changed
)
SELECT * FROM changed
