-- $1 dead letters  $2 their ends  $3 the new jobs  $4 $5 what these were told
WITH pair AS (
    SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::text[], $5::text[])
        AS p(dead, finished_at, job, limit_key, backoff)
), told AS (
    UPDATE nexus.jobs AS j
    SET replay_of = p.dead, limit_key = p.limit_key, backoff = p.backoff::json
    FROM pair AS p WHERE j.id = p.job
)
UPDATE nexus.job_history AS h SET replayed_as = p.job
FROM pair AS p WHERE h.id = p.dead AND h.finished_at = p.finished_at
