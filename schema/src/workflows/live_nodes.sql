-- The nodes of a workflow that runs, each as its job is by now: an end that was not counted yet included.
SELECT n.node, n.name, n.kind, n.job_id, n.needs, n.before, coalesce(n.finished_at, e.at) AS finished_at,
       CASE WHEN n.finished_at IS NOT NULL THEN n.state
            WHEN e.state IS NOT NULL THEN e.state
            WHEN j.id IS NULL OR j.parked = 'workflow' THEN n.state
            ELSE nexus.state_now(j.state, j.due_at, j.expires_at, j.run) END AS state
FROM nexus.workflow_nodes AS n
LEFT JOIN nexus.workflow_ends AS e ON e.workflow_id = n.workflow_id AND e.job_id = n.job_id
LEFT JOIN nexus.jobs AS j ON j.id = n.job_id
WHERE n.workflow_id = $1 ORDER BY n.node
