-- The nodes before one, each with its job's result. History is asked by its whole key, so one partition
-- is read for each.
--
-- $1 workflow  $2 node  $3 behind this node  $4 how many
SELECT n.node, n.name, n.job_id, n.state, h.result
FROM (SELECT b.node FROM nexus.workflow_nodes AS own CROSS JOIN LATERAL unnest(own.before) AS b(node)
      WHERE own.workflow_id = $1 AND own.node = $2 AND b.node > $3 ORDER BY b.node LIMIT $4) AS b
CROSS JOIN LATERAL (SELECT * FROM nexus.workflow_nodes AS n
                    WHERE n.workflow_id = $1 AND n.node = b.node LIMIT 1) AS n
LEFT JOIN LATERAL (SELECT h.result FROM nexus.job_history AS h
                   WHERE h.id = n.job_id AND h.finished_at = n.finished_at LIMIT 1) AS h ON true
ORDER BY n.node
