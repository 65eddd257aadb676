-- The nodes of a workflow that runs, each as its job is by now: an end that was not counted yet included.
-- History is asked by its whole key, so one partition is read for each.
SELECT n.node, n.name, n.kind, n.job_id, n.needs, n.before, n.finished_at, n.state,
       coalesce(n.started_at, h.started_at) AS started_at
FROM (SELECT n.node, n.name, n.kind, n.job_id, n.needs, n.before, coalesce(n.finished_at, e.at) AS finished_at,
             CASE WHEN n.finished_at IS NOT NULL THEN n.state
                  WHEN e.state IS NOT NULL THEN e.state
                  WHEN j.id IS NULL OR j.parked = 'workflow' THEN n.state
                  ELSE nexus.state_now(j.state, j.due_at, j.expires_at, j.run) END AS state, j.started_at
      FROM nexus.workflow_nodes AS n
      LEFT JOIN nexus.workflow_ends AS e ON e.workflow_id = n.workflow_id AND e.job_id = n.job_id
      LEFT JOIN nexus.jobs AS j ON j.id = n.job_id
      WHERE n.workflow_id = $1) AS n
LEFT JOIN LATERAL (SELECT h.started_at FROM nexus.job_history AS h
                   WHERE h.id = n.job_id AND h.finished_at = n.finished_at LIMIT 1) AS h ON true
ORDER BY n.node
