SELECT tenant_id, jobs, completed, called_off_at IS NOT NULL AS called_off, on_success::text AS on_success,
       on_failure::text AS on_failure, depth
FROM nexus.workflows WHERE id = $1
