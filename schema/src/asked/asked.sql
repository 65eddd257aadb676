-- What is asked of a worker process, of the queues it serves, and of the jobs it runs. One row for
-- each, told apart by which columns are filled. Nearly always there is nothing.
--
-- $1 worker  $2 its queues  $3 most cancellations
--
-- Each step to a job and its lease is a probe by key, whatever the statistics say: LIMIT keeps the
-- planner from making a join of it.
SELECT asked AS process, NULL::text AS queue, false AS paused, NULL::integer AS concurrency,
       NULL::text AS transport, NULL::bigint AS job, NULL::text AS reason
FROM nexus.workers WHERE id = $1 AND asked IS NOT NULL
UNION ALL
SELECT NULL, name, paused_at IS NOT NULL, concurrency, transport, NULL, NULL
FROM nexus.queues WHERE name = ANY ($2)
UNION ALL
(SELECT NULL, NULL, false, NULL, NULL, c.job_id, c.reason
 FROM nexus.cancellations AS c
 CROSS JOIN LATERAL (SELECT token FROM nexus.jobs WHERE id = c.job_id LIMIT 1) AS j
 CROSS JOIN LATERAL (SELECT FROM nexus.leases WHERE token = j.token AND worker_id = $1 LIMIT 1) AS l
 ORDER BY c.asked_at LIMIT $3)
