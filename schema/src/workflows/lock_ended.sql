-- Workflows of which ends were not counted yet, behind one, locked; those that somebody else has in hand
-- are passed over. Steps from one to the next through the index, however many ends each has, and as far as there is one to lock.
--
-- $1 behind this one  $2 how many
WITH RECURSIVE ended AS (
    (SELECT workflow_id FROM nexus.workflow_ends WHERE workflow_id > $1 ORDER BY workflow_id LIMIT 1)
    UNION ALL
    SELECT (SELECT n.workflow_id FROM nexus.workflow_ends AS n
            WHERE n.workflow_id > e.workflow_id ORDER BY n.workflow_id LIMIT 1)
    FROM ended AS e WHERE e.workflow_id IS NOT NULL
)
SELECT w.id FROM ended AS e JOIN nexus.workflows AS w ON w.id = e.workflow_id
WHERE e.workflow_id IS NOT NULL LIMIT $2 FOR NO KEY UPDATE OF w SKIP LOCKED
