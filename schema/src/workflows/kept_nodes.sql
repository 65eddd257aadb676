SELECT n.* FROM nexus.workflow_history AS h
CROSS JOIN LATERAL json_to_recordset(h.nodes) AS n(node integer, name text, kind text, job_id bigint,
    needs text, before integer[], finished_at timestamptz, state text)
WHERE h.id = $1 ORDER BY n.node
