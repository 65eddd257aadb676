-- A page of a job's log, the oldest line first.
SELECT run::bigint << 32 | line AS position, run, line, level, message, fields, logged_at
FROM nexus.job_logs
WHERE job_id = $1 AND (run, line) > ($2, $3)
ORDER BY run, line LIMIT $4
