SELECT id, version, tick_at, through_at, ticks, outcome, reason, job_id, asked_by, backfill, at
FROM nexus.ticks WHERE schedule = $1 AND id < $2 ORDER BY id DESC LIMIT $3
