INSERT INTO nexus.trigger_log (trigger, version, tenant_id, outcome, reason, job_id, event_id, event)
SELECT l.trigger, l.version, l.tenant_id, l.outcome, l.reason, l.job_id, l.event_id, l.event::json
FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
    AS l(trigger, version, tenant_id, outcome, reason, job_id, event_id, event)
