-- $1 to $8 are the filter, $9 whether nodes of workflows count.
SELECT count(*) AS letters FROM nexus.job_history
WHERE state = 'discarded' AND ($8 OR replayed_as IS NULL)
  AND ($1::bigint[] IS NULL OR id = ANY ($1)) AND ($2::text IS NULL OR kind = $2)
  AND ($3::text IS NULL OR strpos(lower(reason), lower($3)) > 0)
  AND ($4::text IS NULL OR queue = $4) AND ($5::bigint IS NULL OR tenant_id = $5)
  AND ($6::timestamptz IS NULL OR finished_at >= $6)
  AND ($7::timestamptz IS NULL OR finished_at < $7)
  AND ($9 OR workflow_node IS NULL)
