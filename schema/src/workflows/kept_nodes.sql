SELECT n.*, j.started_at FROM nexus.workflow_history AS h
CROSS JOIN LATERAL json_to_recordset(h.nodes) AS n(node integer, name text, kind text, job_id bigint,
    needs text, before integer[], finished_at timestamptz, state text)
LEFT JOIN LATERAL (SELECT j.started_at FROM nexus.job_history AS j
                   WHERE j.id = n.job_id AND j.finished_at = n.finished_at LIMIT 1) AS j ON true
WHERE h.id = $1 ORDER BY n.node
