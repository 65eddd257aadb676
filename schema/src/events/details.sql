-- What there is to tell of changes, in their order. A change has the time of its transaction, and so
-- have what it wrote to history and its attempt's error: each is found by its key, in one partition.
-- Of a job that has gone on since, only the arguments are told, wherever it is by now.
--
-- $1 jobs  $2 runs  $3 times  $4 whether the job ended by it  $5 whether arguments are wanted
SELECT coalesce(d.attempt, x.attempt) AS attempt, d.args, d.result, d.reason, d.ended_by,
       x.reason AS failure, x.error
FROM unnest($1, $2, $3, $4) WITH ORDINALITY AS w(id, run, at, ended, ord)
LEFT JOIN LATERAL (
    SELECT h.attempt, CASE WHEN $5 THEN h.args END AS args, h.result, h.reason, h.ended_by
    FROM nexus.job_history AS h WHERE w.ended AND h.id = w.id AND h.finished_at = w.at
    UNION ALL
    SELECT NULL, j.args, NULL, NULL, NULL
    FROM nexus.jobs AS j WHERE $5 AND NOT w.ended AND j.id = w.id
    UNION ALL
    SELECT NULL, h.args, NULL, NULL, NULL
    FROM nexus.job_history AS h WHERE $5 AND NOT w.ended AND h.id = w.id
    LIMIT 1
) AS d ON true
LEFT JOIN LATERAL (
    SELECT e.attempt, e.reason, e.error FROM nexus.attempt_errors AS e
    WHERE e.job_id = w.id AND e.run = w.run AND e.failed_at = w.at LIMIT 1
) AS x ON true
ORDER BY w.ord
