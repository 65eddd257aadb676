-- A page of dead letters, the newest first. $1 to $8 are the filter, $9 the cursor, $10 the size.
--
-- Planned anew each time, by what is asked: `kind` has an index, so have those not run again, and
-- `finished_at` leaves out months.
SELECT id, tenant_id, kind, queue, band, run, attempt, attempts_max, lost_leases, tags, args, reason,
       created_at, created_by, finished_at, replay_of, replayed_as
FROM nexus.job_history
WHERE state = 'discarded' AND ($8 OR replayed_as IS NULL)
  AND ($1::bigint[] IS NULL OR id = ANY ($1)) AND ($2::text IS NULL OR kind = $2)
  AND ($3::text IS NULL OR strpos(lower(reason), lower($3)) > 0)
  AND ($4::text IS NULL OR queue = $4) AND ($5::bigint IS NULL OR tenant_id = $5)
  AND ($6::timestamptz IS NULL OR finished_at >= $6)
  AND ($7::timestamptz IS NULL OR finished_at < $7)
  AND id < $9
ORDER BY id DESC LIMIT $10
