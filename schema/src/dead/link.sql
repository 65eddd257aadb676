-- $1 dead letters  $2 their ends  $3 the new jobs
UPDATE nexus.job_history AS h SET replayed_as = p.job
FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[]) AS p(dead, finished_at, job)
WHERE h.id = p.dead AND h.finished_at = p.finished_at
