-- A schedule, held; and of its jobs, those that have not ended.
SELECT s.version, s.definition, s.origin, s.paused_at, s.next_at,
       ARRAY(SELECT o.id FROM unnest(s.open_jobs) AS o(id)
             WHERE EXISTS (SELECT FROM nexus.jobs AS j WHERE j.id = o.id OFFSET 0) ORDER BY o.id) AS open_jobs
FROM nexus.schedules AS s WHERE s.name = $1 FOR NO KEY UPDATE OF s
