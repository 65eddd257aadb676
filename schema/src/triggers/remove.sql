-- $1 name  $2 who
WITH gone AS (
    DELETE FROM nexus.triggers WHERE name = $1 RETURNING *
), kept AS (
    INSERT INTO nexus.trigger_versions (name, version, change, definition, changed_by)
    SELECT name, version + 1, 'removed', definition, $2 FROM gone
)
SELECT * FROM gone
