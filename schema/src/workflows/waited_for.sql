-- The nodes before one that have not ended, as far as was counted.
--
-- $1 workflow  $2 node  $3 how many
SELECT n.name, n.job_id, count(*) OVER () AS together
FROM nexus.workflow_nodes AS own CROSS JOIN LATERAL unnest(own.before) AS b(node)
JOIN nexus.workflow_nodes AS n ON n.workflow_id = own.workflow_id AND n.node = b.node
WHERE own.workflow_id = $1 AND own.node = $2 AND n.finished_at IS NULL
ORDER BY n.node LIMIT $3
