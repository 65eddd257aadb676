-- Dead letters to run again or to throw away, the oldest first, locked in id order. Who waited for a
-- lock sees what the other did: a letter that was run again meanwhile is passed over. Nodes of workflows
-- are run again with their workflow only; they are thrown away like any other.
-- $1 to $8 are the filter, $9 the cursor, $10 how many.
SELECT id, finished_at, tenant_id, kind, queue, band, attempts_max, timeout_ms, tags, args::text AS args,
       order_key, limit_key, backoff::text AS backoff,
       CASE WHEN workflow_node IS NULL THEN workflow_id END AS called_by, now() AS now
FROM nexus.job_history
WHERE state = 'discarded' AND ($8 OR replayed_as IS NULL AND workflow_node IS NULL)
  AND ($1::bigint[] IS NULL OR id = ANY ($1)) AND ($2::text IS NULL OR kind = $2)
  AND ($3::text IS NULL OR strpos(lower(reason), lower($3)) > 0)
  AND ($4::text IS NULL OR queue = $4) AND ($5::bigint IS NULL OR tenant_id = $5)
  AND ($6::timestamptz IS NULL OR finished_at >= $6)
  AND ($7::timestamptz IS NULL OR finished_at < $7)
  AND id > $9
ORDER BY id LIMIT $10 FOR UPDATE
