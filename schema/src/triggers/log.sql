SELECT id, version, outcome, reason, job_id, event_id, event, at
FROM nexus.trigger_log WHERE trigger = $1 AND id < $2 ORDER BY id DESC LIMIT $3
