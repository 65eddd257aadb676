-- $1 name  $2 who
WITH gone AS (
    DELETE FROM nexus.schedules WHERE name = $1 RETURNING *
)
INSERT INTO nexus.schedule_versions (name, version, change, definition, changed_by)
SELECT name, version + 1, 'removed', definition, $2 FROM gone
