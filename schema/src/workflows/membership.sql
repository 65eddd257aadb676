-- What a workflow is called, and one node of it, whether it runs or not.
--
-- $1 workflow  $2 node, or null
SELECT w.name, (SELECT n.name FROM nexus.workflow_nodes AS n
                WHERE n.workflow_id = w.id AND n.node = $2) AS node
FROM nexus.workflows AS w WHERE w.id = $1
UNION ALL
SELECT h.name, h.nodes -> $2 ->> 'name' FROM nexus.workflow_history AS h WHERE h.id = $1
LIMIT 1
